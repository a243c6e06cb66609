// Records of tasks that ran before carry a short history of the earlier attempts.
#pragma once

#include <span>

#include "leptir/meta_info.h"
#include "leptir/simple_meta_storage.h"

namespace leptir {

// Saves the records; those of later attempts with the history that the storage's own record tells. One that is too
// large for the storage is saved without the task's own words, and says so: no task may hold up the others for ever.
// Errors: those of saveMetaInfo; to try again is harmless.
Result<void> saveWithHistory(SimpleMetaStorage& storage, std::span<MetaInfo> records);

}  // namespace leptir
