#include "cli/pause_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/time_words.h"

namespace leptir::cli {
namespace {

constexpr std::string_view kNeedNoQuotes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+,=";

std::string forShell(const std::string& word) {
  if (word.find_first_not_of(kNeedNoQuotes) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char letter : word) quoted += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return quoted + "'";
}

// The same pause at several brokers.
struct Group {
  PausedTasks paused{};
  std::vector<std::string> brokers{};
};

// Queues are paused one by one, and names mostly at all brokers at once.
std::vector<Group> groupsOf(const std::vector<PausesView::AtBroker>& pauses) {
  std::vector<Group> groups;
  for (const auto& [broker, paused] : pauses) {
    const auto known = std::ranges::find_if(
        groups, [&](const Group& group) { return !paused.name.empty() && group.paused.name == paused.name; });
    if (known == groups.end())
      groups.push_back({paused, {broker}});
    else
      known->brokers.push_back(broker);
  }
  return groups;
}

std::string sentenceOf(const Group& group, Time now) {
  const auto& [paused, brokers] = group;
  const auto subject = paused.name.empty() ? "the queue of broker " + brokers.front()
                                           : fmt::format("tasks of name {} at broker{} {}", paused.name,
                                                         brokers.size() > 1 ? "s" : "", fmt::join(brokers, ", "));
  return fmt::format("{} (by {}, {}); '{}' ends this pause", subject, paused.by, relativeTime(paused.since, now),
                     resumeCommand(brokers.size() > 1 ? "" : brokers.front(), paused.name));
}

}  // namespace

std::string pausedWords(const std::string& broker, const std::string& name) {
  const auto where = broker.empty() ? std::string("all brokers") : "broker " + broker;
  return name.empty() ? "the queue of " + where : "tasks of name " + name + " at " + where;
}

std::string resumeCommand(const std::string& broker, const std::string& name) {
  std::string command = "leptir resume";
  if (!broker.empty()) command += " --broker=" + forShell(broker);
  if (!name.empty()) command += " --name=" + forShell(name);
  if (broker.empty() && name.empty()) command += " --all";
  return command;
}

std::vector<std::string> pauseSentences(const std::vector<PausesView::AtBroker>& pauses, Time now) {
  std::vector<std::string> sentences;
  for (const auto& group : groupsOf(pauses)) sentences.push_back(sentenceOf(group, now));
  return sentences;
}

}  // namespace leptir::cli
