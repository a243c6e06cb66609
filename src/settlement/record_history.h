// Records of tasks that ran before carry a short history of the earlier attempts.
#pragma once

#include <span>

#include "leptir/meta_storage.h"
#include "leptir/spi/meta_info.h"
#include "leptir/spi/simple_meta_storage.h"

namespace leptir::settlement {

// Saves the records. Records of later attempts get their history from the record that the storage has. A record that is
// too large for the storage is saved without the task's own output and says so, since no task may block the others for
// ever. Errors: those of saveMetaInfo; the call can be repeated.
Result<void> saveWithHistory(SimpleMetaStorage& storage, std::span<MetaInfo> records);

// Saves the record in every storage, each time with the history that this storage has. After an error it tries the
// remaining storages, and then returns the first error.
Result<void> saveEverywhere(MetaStorage& storages, const MetaInfo& record);

}  // namespace leptir::settlement
