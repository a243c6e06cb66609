// How the tables of one version become those of a later one.
#pragma once

#include <cstdint>
#include <span>

namespace leptir {

// Statements that lead from one version of the schema to another, run in one transaction. 0: there are no tables yet.
struct SchemaStep {
  std::int64_t from;
  std::int64_t to;
  std::span<const char* const> statements;
};

// From each version that there ever was a way leads to this one.
inline constexpr std::int64_t kSchemaVersion = 4;
std::span<const SchemaStep> schemaSteps();

}  // namespace leptir
