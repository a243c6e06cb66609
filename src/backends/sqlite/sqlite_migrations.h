// Upgrades the tables of one schema version to those of a later one.
#pragma once

#include <cstdint>
#include <span>

namespace leptir::sqlite {

// SQL that turns schema version `from` into version `to`. All steps of an upgrade run in one transaction. Version 0: no
// tables exist yet.
struct SchemaStep {
  std::int64_t from;
  std::int64_t to;
  std::span<const char* const> statements;
};

// The schema version of this leptir. The steps lead to it from every earlier version.
inline constexpr std::int64_t kSchemaVersion = 5;
std::span<const SchemaStep> schemaSteps();

}  // namespace leptir::sqlite
