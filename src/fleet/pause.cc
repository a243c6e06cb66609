#include "fleet/pause.h"

#include <fmt/format.h>

#include "base/task_names.h"
#include "fleet/digest.h"
#include "fleet/fields.h"

namespace leptir::fleet {
namespace {

constexpr std::string_view kQueuePauseKey = "pauses/queue";
constexpr std::string_view kNamePauseKeyPrefix = "pauses/name/";
constexpr std::size_t kDigestBytes = 1 + 16;  // ~0123456789abcdef
constexpr std::size_t kPageSize = 500;

bool needsNoEncoding(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

// The name as a part of a key. `~` stands before the digest only, so no short name has the key of a long one.
std::string keyPartOf(std::string_view name) {
  constexpr std::size_t kMax = kMaxFleetKeyBytes - kNamePauseKeyPrefix.size();
  std::string part;
  std::size_t lengthWithDigest = 0;  // the most whole characters that leave space for the digest
  for (const char c : name) {
    part += needsNoEncoding(c) ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    if (part.size() <= kMax - kDigestBytes) lengthWithDigest = part.size();
  }
  if (part.size() <= kMax) return part;
  return fmt::format("{}~{:016x}", part.substr(0, lengthWithDigest), digestOf(name));
}

}  // namespace

std::string keyOf(const Pause& pause) {
  if (pause.name.empty()) return std::string(kQueuePauseKey);
  return std::string(kNamePauseKeyPrefix) + keyPartOf(pause.name);
}

std::string textOf(const Pause& pause) {
  return writeJson({{"name", pause.name}, {"by", shortened(pause.by)}, {"since", unixSeconds(pause.since)}});
}

std::optional<Pause> pauseOf(const FleetEntry& entry) {
  const auto object = objectIn(entry.value);
  if (!object) return std::nullopt;
  auto name = textAt(*object, "name");
  auto by = textAt(*object, "by");
  const auto since = timeAt(*object, "since");
  if (!name || !by || !since) return std::nullopt;
  if (!name->empty() && !base::checkTaskName(*name)) return std::nullopt;
  Pause pause{*std::move(name), *std::move(by), *since};
  if (entry.key != keyOf(pause)) return std::nullopt;
  return pause;
}

Result<std::vector<Pause>> pausesIn(FleetStore& store) {
  std::vector<Pause> pauses;
  std::string after;
  while (true) {
    auto page = store.list(kFleetPauseKeyPrefix, after, kPageSize);
    if (!page) return page.error();
    for (const auto& entry : *page) {
      if (auto pause = pauseOf(entry)) pauses.push_back(*std::move(pause));
    }
    if (page->size() < kPageSize) return pauses;
    after = page->back().key;
  }
}

}  // namespace leptir::fleet
