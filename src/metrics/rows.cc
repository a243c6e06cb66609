#include "metrics/rows.h"

#include <algorithm>
#include <span>

#include "base/utf8.h"

namespace leptir::metrics {
namespace {

template <class Row>
auto& rowLabel(Row& row) {
  if constexpr (requires { row.store; })
    return row.store.label;
  else
    return row.label;
}

template <class Row>
std::span<const Row> usedRows(std::span<const Row> rows) {
  std::size_t used = 0;
  while (used < rows.size() && !rowLabel(rows[used]).text.load().empty()) ++used;
  return rows.first(used);
}

template <class Row>
void relabel(Row& row, std::string_view label) {
  const base::SequenceLock::WriteGuard writing(rowLabel(row).lock);
  row.clear();
  rowLabel(row).text = label;
}

template <class Row>
std::vector<Row*> claim(std::span<Row> rows, const std::vector<std::string>& names) {
  std::vector<std::string> labels, taken;
  for (const auto& name : names) labels.push_back(labelOf(name));
  for (const auto& row : usedRows(std::span<const Row>(rows))) taken.push_back(rowLabel(row).text.load());
  std::vector<Row*> claimed;
  for (const auto& label : labels) {
    auto found = std::ranges::find(taken, label);
    if (found == taken.end()) {
      if (taken.size() < rows.size())
        found = taken.emplace(taken.end());
      else
        found = std::ranges::find_if(taken, [&](const auto& other) { return !std::ranges::count(labels, other); });
      if (found != taken.end()) relabel(rows[static_cast<std::size_t>(found - taken.begin())], *found = label);
    }
    claimed.push_back(found == taken.end() ? nullptr : &rows[static_cast<std::size_t>(found - taken.begin())]);
  }
  return claimed;
}

}  // namespace

std::string labelOf(std::string_view name) {
  std::string label;
  while (!name.empty()) {
    const auto bytes = base::firstUtf8Character(name).bytes;
    if (label.size() + bytes >= kLabelBytes) break;
    label += name.substr(0, bytes);
    name.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return label;
}

std::span<const NameRow> usedNameRows(const MetricsTable& table) {
  return usedRows(std::span(table.names).first(kMaxNameRows));
}

std::span<const BrokerRow> usedBrokerRows(const MetricsTable& table) {
  return usedRows(std::span(table.brokers).subspan(0));
}

std::span<const StoreRow> usedStorageRows(const MetricsTable& table) {
  return usedRows(std::span(table.storages).subspan(0));
}

std::vector<BrokerRow*> claimBrokerRows(MetricsTable& table, const std::vector<std::string>& names) {
  return claim(std::span<BrokerRow>(table.brokers), names);
}

std::vector<StoreRow*> claimStorageRows(MetricsTable& table, const std::vector<std::string>& names) {
  return claim(std::span<StoreRow>(table.storages), names);
}

void resetGaugesOfRemovedBrokers(MetricsTable& table, const std::vector<BrokerRow*>& configured) {
  for (auto& row : std::span(table.brokers).first(usedBrokerRows(table).size())) {
    if (std::ranges::count(configured, &row) > 0) continue;
    for (auto* value : {&row.hasSession, &row.inFlight, &row.unknownNameTasks, &row.queueCountedAt}) set(*value, 0);
  }
}

// The lock of the name covers its column in the brokers' rows as well.
void relabelNameRow(MetricsTable& table, std::size_t row, std::string_view label) {
  auto& name = table.names[row];
  const base::SequenceLock::WriteGuard writing(name.label.lock);
  name.clear();
  for (std::size_t broker = 0; broker < usedBrokerRows(table).size(); ++broker) {
    for (auto& end : table.brokers[broker].ends[row]) set(end, 0);
  }
  name.label.text = label;
}

}  // namespace leptir::metrics
