// The seam to a store of meta records. Several can be used at once; each is asked alone, nothing is atomic across them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "leptir/json.h"
#include "leptir/meta_info.h"
#include "leptir/result.h"
#include "leptir/simple_broker.h"

namespace leptir {

// Which records to list; what is empty does not choose.
struct MetaFilter {
  std::string name{};  // `type`
  std::string cause{};
  std::optional<TaskStatus> status{};
};

struct MetaTraits {
  bool lists = true;                    // listMetaInfo works
  bool listsSuccesses = true;           // and knows the ones that succeeded
  bool expiresByItself = true;          // expire() has nothing to do
  std::string durability{};             // in words
  std::vector<std::string> warnings{};  // as in BrokerTraits
};

// One thread at a time. Opened after fork, by the process that uses it.
class SimpleMetaStorage {
 public:
  virtual ~SimpleMetaStorage() = default;

  // Saves all of them or, on an error, perhaps some: saving again is harmless. A record replaces only one with a
  // smaller (lease, step); a late one changes nothing, and that is not an error. Several about one task may stand in
  // one call, in any order.
  virtual Result<void> saveMetaInfo(std::span<const MetaInfo> records) = 0;

  // The record as JSON, with the fields of writeMetaInfo. NotFound: none, or expired.
  virtual Result<Json> loadMetaInfoById(std::string_view id) = 0;
  // The same for many, in the order asked; nothing in the place of one that is missing or no JSON. Unless a store does
  // better, one after the other: those across a network ask for all in a few round trips.
  virtual Result<std::vector<std::optional<Json>>> loadMetaInfos(std::span<const std::string> ids);

  // The newest first. Unsupported where a store cannot list.
  virtual Result<std::vector<Json>> listMetaInfo(const MetaFilter& filter, Page page) = 0;

  // Removes some of the records whose time is over, few enough to be quick (below 100 ms); call it until it answers 0.
  // Answers how many.
  virtual Result<std::size_t> expire() = 0;

  // As SimpleBroker::tryRights, of saving and loading.
  virtual Result<void> tryRights() { return {}; }

  virtual MetaTraits traits() const = 0;
};

}  // namespace leptir
