#include "instance/broker_lines.h"

#include <algorithm>

#include "base/wipe_memory.h"

namespace leptir::instance {
namespace {

bool isSame(const Config::Broker& a, const Config::Broker& b) {
  return a.type == b.type && a.connection == b.connection;
}

}  // namespace

BrokerLines::BrokerLines(const std::vector<Config::Broker>& brokers) {
  for (const auto& broker : brokers) lines_.push_back({.broker = broker, .fresh = true});
}

Result<BrokerLines> BrokerLines::with(const std::vector<Config::Broker>& brokers,
                                      const std::function<bool(std::size_t)>& hasEnded) const {
  BrokerLines next = *this;
  std::vector<bool> free(lines_.size());
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    free[i] = lines_[i].detaching && hasEnded(i);
    next.lines_[i].detaching = true;
    next.lines_[i].fresh = false;
  }
  std::vector<Config::Broker> added;
  for (const auto& broker : brokers) {
    const auto line = std::ranges::find_if(next.lines_, [&](const Line& old) { return isSame(old.broker, broker); });
    if (line == next.lines_.end()) {
      added.push_back(broker);
      continue;
    }
    *line = {.broker = broker};
    if (const auto index = static_cast<std::size_t>(line - next.lines_.begin()); index < free.size())
      free[index] = false;
  }
  for (auto& broker : added) {
    const auto freeLine = std::ranges::find(free, true);
    Line line{.broker = std::move(broker), .fresh = true};
    if (freeLine == free.end()) {
      next.lines_.push_back(std::move(line));
    } else {
      next.lines_[static_cast<std::size_t>(freeLine - free.begin())] = std::move(line);
      *freeLine = false;
    }
  }
  if (next.lines_.size() <= base::kMaxBrokers) return next;
  return Error(ErrorCode::Invalid, "too many brokers: " + std::to_string(next.lines_.size()) + " of at most " +
                                       std::to_string(base::kMaxBrokers) +
                                       ", counting removed brokers that still have tasks in this instance");
}

void BrokerLines::wipeConnections() {
  for (auto& line : lines_) base::wipe(line.broker.connection);
}

std::vector<Config::Broker> BrokerLines::brokers() const {
  std::vector<Config::Broker> brokers;
  brokers.reserve(lines_.size());
  for (const auto& line : lines_) brokers.push_back(line.broker);
  return brokers;
}

bool BrokerLines::serves(const std::string& name) const {
  return std::ranges::any_of(lines_, [&](const Line& line) { return !line.detaching && line.broker.name == name; });
}

std::string BrokerLines::changesSince(const BrokerLines& before) const {
  std::string text;
  for (const auto& line : lines_) {
    if (line.fresh) text += ", broker " + line.broker.name + (before.serves(line.broker.name) ? " replaced" : " added");
  }
  for (const auto& line : before.lines_) {
    if (!line.detaching && !serves(line.broker.name)) text += ", broker " + line.broker.name + " removed";
  }
  return text;
}

void BrokerLines::putInto(link::SharedPage& page) const {
  std::uint64_t spent = 0;
  for (const auto& line : page.brokers) spent = std::max({spent, line.epoch.load(), line.epochsSpentElsewhere.load()});
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    auto& line = page.brokers[i];
    if (!lines_[i].detaching) line.ended = 0;
    if (!lines_[i].fresh) continue;
    line.epoch = 0;
    line.leaseEndsBoot = link::SharedSession::kNever;
    line.epochsSpentElsewhere = spent;
  }
}

}  // namespace leptir::instance
