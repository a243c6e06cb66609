// Gives rows of the table to labels. Called by the dispatcher's main thread alone.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/metrics_table.h"

namespace leptir::metrics {

// The label of a name: less than kLabelBytes long; bytes that are not valid UTF-8 are left out. Two long names that
// begin alike have one label, and are counted together.
std::string labelOf(std::string_view name);

// The rows that have labels: they are taken in their order, and a row that has a label always keeps one. So reading
// touches no memory of rows that were never used.
std::span<const NameRow> usedNameRows(const MetricsTable& table);
std::span<const BrokerRow> usedBrokerRows(const MetricsTable& table);
std::span<const StoreRow> usedStorageRows(const MetricsTable& table);

// The rows of the stores of a dispatcher, in the order of its configuration. Null: there are more stores than rows.
struct StoreRows {
  std::vector<BrokerRow*> brokers;
  std::vector<StoreRow*> storages;
};

// One row for each name, in the order of the names: rows that have these labels already, else free ones, else rows of
// labels that are not among the names, which begin again at zero. Null: there are more names than rows.
std::vector<BrokerRow*> claimBrokerRows(MetricsTable& table, const std::vector<std::string>& names);
std::vector<StoreRow*> claimStorageRows(MetricsTable& table, const std::vector<std::string>& names);

// Sets the gauges of brokers that are no longer configured to zero (tasks in flight, session, queue); their counters
// stay.
void resetGaugesOfRemovedBrokers(MetricsTable& table, const std::vector<BrokerRow*>& configured);

// Gives a name's row to another name, and sets its counters to zero.
void relabelNameRow(MetricsTable& table, std::size_t row, std::string_view label);

}  // namespace leptir::metrics
