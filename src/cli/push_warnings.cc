#include "cli/push_warnings.h"

#include <fmt/format.h>

#include "base/escape.h"
#include "base/nearest_word.h"
#include "leptir/spi/buried_lookup.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::cli {
namespace {

std::string_view withoutLeadingBackslash(std::string_view name) {
  return name.substr(name.starts_with('\\') ? 1 : 0);
}

}  // namespace

NameCheck::NameCheck(const Program& program, const Config& config) {
  for (auto& name : program.tasks.names()) known_.insert(std::move(name));
  for (const auto& [name, spec] : config.programs) known_.insert(name);
  for (const auto& [name, rules] : config.rules) known_.insert(name);
}

bool NameCheck::isKnown(const std::string& name) const {
  return known_.contains(withoutLeadingBackslash(name));
}

std::string NameCheck::didYouMean(const std::string& name) const {
  const std::vector<std::string_view> candidates(known_.begin(), known_.end());
  return base::didYouMean(withoutLeadingBackslash(name), candidates);
}

std::string NameCheck::warningAbout(const std::string& name) {
  if (isKnown(name) || !warned_.emplace(withoutLeadingBackslash(name)).second) return {};
  const auto hint = didYouMean(name);
  if (hint.empty()) return {};
  return fmt::format("this program knows no task {}: {} It is pushed all the same", base::inQuotes(name), hint);
}

std::map<std::string, std::string> buriedWarnings(Broker& broker, std::size_t index, std::span<const std::string> ids) {
  auto store = broker.access(index);
  if (!store || ids.empty()) return {};
  auto* lookup = dynamic_cast<BuriedLookup*>(&(*store)->keeper());
  if (lookup == nullptr) return {};
  const auto buried = lookup->buriedAmong(ids);
  if (!buried) return {};
  std::map<std::string, std::string> why;
  for (const auto& task : *buried) {
    why[task.id] = fmt::format(
        "task {0} is buried in broker {1} ({2}): it does not run, and nothing was added; 'leptir cancel {0}' takes it "
        "out, then push it again",
        task.id, broker.name(index), base::escaped(task.reason));
  }
  return why;
}

}  // namespace leptir::cli
