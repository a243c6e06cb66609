// Which records a MetaFilter chooses, for stores that look at records themselves.
#pragma once

#include "leptir/simple_meta_storage.h"

namespace leptir {

bool matches(const Json& record, const MetaFilter& filter);

}  // namespace leptir
