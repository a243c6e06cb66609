// Whether a record matches a MetaFilter, for stores that filter records in leptir.
#pragma once

#include <string_view>

#include "leptir/spi/simple_meta_storage.h"

namespace leptir::meta {

// Compares `name`, `cause` and `status`.
bool matches(const Json& record, const MetaFilter& filter);
// The same for a record as saveMetaInfo writes it, without parsing the whole of it.
bool recordTextMatches(std::string_view record, const MetaFilter& filter);
// Compares `idPrefix`.
bool matchesId(std::string_view id, const MetaFilter& filter);
// Compares `savedFrom` and `savedBefore`.
bool isSavedWithin(Time saved, const MetaFilter& filter);

}  // namespace leptir::meta
