#include "metrics/rows.h"

#include <algorithm>
#include <span>

#include "base/utf8.h"

namespace leptir::metrics {
namespace {

template <class Row>
auto& labelIn(Row& row) {
  if constexpr (requires { row.store; })
    return row.store.label;
  else
    return row.label;
}

template <class Row>
std::span<const Row> usedRows(std::span<const Row> rows) {
  std::size_t used = 0;
  while (used < rows.size() && !labelIn(rows[used]).text.load().empty()) ++used;
  return rows.first(used);
}

template <class Row>
void relabel(Row& row, std::string_view label) {
  const base::SequenceLock::WriteGuard writing(labelIn(row).lock);
  row.clear();
  labelIn(row).text = label;
}

template <class Row>
std::vector<Row*> claim(std::span<Row> rows, const std::vector<std::string>& names) {
  std::vector<std::string> labels, taken;
  for (const auto& name : names) labels.push_back(labelOf(name));
  for (const auto& row : usedRows(std::span<const Row>(rows))) taken.push_back(labelIn(row).text.load());
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

std::span<const NameRow> usedNameRows(const Page& page) {
  return usedRows(std::span(page.names).first(kMostNames));
}

std::span<const BrokerRow> usedBrokerRows(const Page& page) {
  return usedRows(std::span(page.brokers).subspan(0));
}

std::span<const StoreRow> usedStorageRows(const Page& page) {
  return usedRows(std::span(page.storages).subspan(0));
}

std::vector<BrokerRow*> claimBrokerRows(Page& page, const std::vector<std::string>& names) {
  return claim(std::span<BrokerRow>(page.brokers), names);
}

std::vector<StoreRow*> claimStorageRows(Page& page, const std::vector<std::string>& names) {
  return claim(std::span<StoreRow>(page.storages), names);
}

void forgetOtherBrokers(Page& page, const std::vector<BrokerRow*>& configured) {
  for (auto& row : std::span(page.brokers).first(usedBrokerRows(page).size())) {
    if (std::ranges::count(configured, &row) > 0) continue;
    for (auto* value : {&row.hasSession, &row.inFlight, &row.unknownNames, &row.queueCountedAt}) set(*value, 0);
  }
}

// The lock of the name covers its column in the brokers' rows as well.
void relabelNameRow(Page& page, std::size_t row, std::string_view label) {
  auto& name = page.names[row];
  const base::SequenceLock::WriteGuard writing(name.label.lock);
  name.clear();
  for (std::size_t broker = 0; broker < usedBrokerRows(page).size(); ++broker) {
    for (auto& end : page.brokers[broker].ends[row]) set(end, 0);
  }
  name.label.text = label;
}

}  // namespace leptir::metrics
