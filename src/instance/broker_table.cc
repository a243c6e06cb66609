#include "instance/broker_table.h"

#include <algorithm>

#include "base/wipe_memory.h"

namespace leptir::instance {
namespace {

bool isSameQueue(const Config::Broker& a, const Config::Broker& b) {
  return a.type == b.type && a.connection == b.connection;
}

}  // namespace

BrokerTable::BrokerTable(const std::vector<Config::Broker>& brokers) {
  for (const auto& broker : brokers) entries_.push_back({.broker = broker, .isNewBroker = true});
}

Result<BrokerTable> BrokerTable::with(const std::vector<Config::Broker>& brokers,
                                      const std::function<bool(std::size_t)>& hasEnded) const {
  BrokerTable next = *this;
  for (auto& entry : next.entries_) {
    entry.detaching = true;
    entry.isNewBroker = false;
  }
  std::vector<Config::Broker> added;
  for (const auto& broker : brokers) {
    if (auto* entry = next.entryOf(broker); entry != nullptr) {
      *entry = {.broker = broker};
    } else {
      added.push_back(broker);
    }
  }
  const auto freeLine = [&] {
    for (std::size_t line = 0; line < entries_.size(); ++line) {
      if (entries_[line].detaching && next.entries_[line].detaching && hasEnded(line)) return line;
    }
    return next.entries_.size();
  };
  for (auto& broker : added) {
    const auto line = freeLine();
    if (line == next.entries_.size()) next.entries_.emplace_back();
    next.entries_[line] = {.broker = std::move(broker), .isNewBroker = true};
  }
  if (next.entries_.size() <= base::kMaxBrokers) return next;
  return Error(ErrorCode::Invalid, "too many brokers: " + std::to_string(next.entries_.size()) + " of at most " +
                                       std::to_string(base::kMaxBrokers) +
                                       ", counting removed brokers that still have tasks in this instance");
}

void BrokerTable::wipeConnections() {
  for (auto& entry : entries_) base::wipe(entry.broker.connection);
}

std::vector<Config::Broker> BrokerTable::brokers() const {
  std::vector<Config::Broker> brokers;
  brokers.reserve(entries_.size());
  for (const auto& entry : entries_) brokers.push_back(entry.broker);
  return brokers;
}

bool BrokerTable::serves(const std::string& name) const {
  return std::ranges::any_of(entries_,
                             [&](const Entry& entry) { return !entry.detaching && entry.broker.name == name; });
}

BrokerTable::Entry* BrokerTable::entryOf(const Config::Broker& broker) {
  const auto entry = std::ranges::find_if(entries_, [&](const Entry& one) { return isSameQueue(one.broker, broker); });
  return entry == entries_.end() ? nullptr : &*entry;
}

std::string BrokerTable::changesSince(const BrokerTable& before) const {
  std::string text;
  for (const auto& [broker, detaching, isNewBroker] : entries_) {
    const bool servedBefore = before.serves(broker.name);
    if (!detaching && (isNewBroker || !servedBefore))
      text += ", broker " + broker.name + (servedBefore ? " replaced" : " added");
  }
  for (const auto& [broker, detaching, isNewBroker] : before.entries_) {
    if (!detaching && !serves(broker.name)) text += ", broker " + broker.name + " removed";
  }
  return text;
}

void BrokerTable::updateSharedPage(link::SharedPage& page) const {
  std::uint64_t spent = 0;
  for (const auto& line : page.brokers) spent = std::max({spent, line.epoch.load(), line.maxEpochElsewhere.load()});
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    auto& line = page.brokers[i];
    if (!entries_[i].detaching) line.ended = 0;
    if (!entries_[i].isNewBroker) continue;
    line.epoch = 0;
    line.leaseEndsBoot = link::SharedSession::kNever;
    line.maxEpochElsewhere = spent;
  }
}

}  // namespace leptir::instance
