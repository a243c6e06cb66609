// Whether a record matches a MetaFilter, for stores that filter records in leptir.
#pragma once

#include "leptir/spi/simple_meta_storage.h"

namespace leptir::meta {

bool matches(const Json& record, const MetaFilter& filter);

}  // namespace leptir::meta
