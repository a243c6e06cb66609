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

std::string NameCheck::warningAbout(const std::string& name) {
  const auto asked = withoutLeadingBackslash(name);
  if (known_.contains(asked) || !warned_.emplace(asked).second) return {};
  const std::vector<std::string_view> candidates(known_.begin(), known_.end());
  const auto nearest = base::nearestWord(asked, candidates);
  if (!nearest) return {};
  return fmt::format("this program knows no task {}: did you mean {}? It is pushed all the same", base::inQuotes(name),
                     base::inQuotes(*nearest));
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
