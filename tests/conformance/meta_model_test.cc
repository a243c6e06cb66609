// Records: the same random saves and queries to a backend and to the reference, and all answers compared.
#include <fmt/format.h>

#include <random>

#include "tests/conformance/comparison.h"
#include "tests/conformance/conformance.h"

namespace leptir::conformance {
namespace {

// The model moves by whole seconds, and this has half a second more: no record expires in the very microsecond of a
// query.
constexpr Duration kExpiry = 600s + 500ms;

Ids shortIds() {
  Ids ids;
  for (int i = 0; i < 25; ++i) ids.push_back("t" + std::to_string(i));
  return ids;
}

// Ids as leptir makes them, from five different times: a store may group records by the time in their ids.
Ids taskIds() {
  Ids ids;
  for (int i = 0; i < 25; ++i) ids.push_back(fmt::format("01931{:x}5c-2a3f-7000-8000-{:012x}", i / 5, i));
  return ids;
}

// A store may keep 0 as 0.0.
std::string text(Json record) {
  record["exTime"] = record.at("exTime").get<double>();
  return record.dump();
}

class RecordsModel {
 public:
  RecordsModel(const BackendUnderTest& backend, std::uint64_t seed, Ids ids, std::optional<Duration> expireAfter)
      : random_(seed), ids_(std::move(ids)) {
    stores_[0] = openReference();
    stores_[1] = backend.open(ClockKind::Manual);
    for (int i : {0, 1}) storages_[i] = stores_[i]->openMetaStorage(expireAfter);
  }

  // Runs one operation on both. Empty if they agree.
  std::string step() {
    switch (below(8)) {
      case 0:
      case 1:
      case 2:
        return save();
      case 3:
        return advance();
      case 4:
        return expire();
      case 5:
        return list();
      default:
        return load();
    }
  }

 private:
  int below(int limit) { return static_cast<int>(random_() % static_cast<std::uint64_t>(limit)); }
  std::string anyId() { return ids_[static_cast<std::size_t>(below(static_cast<int>(ids_.size())))]; }

  std::string advance() {
    const std::chrono::seconds by(below(200));
    for (auto& store : stores_) store->advance(by);
    // An expired record that is not removed yet still wins over an older one. If the backend removes expired records by
    // itself, they are removed from the reference at once.
    while (storages_[1]->traits().expiresByItself && must(storages_[0]->expire()) > 0) {
    }
    return {};
  }

  // A store that removes expired records by itself has none left to remove.
  std::string expire() {
    return differenceOf("expire", [this](int side) {
      const auto removed = must(storages_[side]->expire());
      return storages_[1]->traits().expiresByItself ? "" : std::to_string(removed);
    });
  }

  std::string save() {
    std::vector<MetaInfo> records(static_cast<std::size_t>(below(10) == 0 ? 150 : below(5)));
    for (auto& record : records) {
      record.id = anyId();
      record.lease = static_cast<std::uint64_t>(1 + below(20));
      record.step = below(2) == 0 ? MetaStep::Running : MetaStep::Settled;
      record.status = static_cast<TaskStatus>(1 + below(3));
      record.type = below(2) == 0 ? "One" : "Other";
      record.cause = below(2) == 0 ? "threw" : "";
      record.response = std::to_string(random_());
    }
    return differenceOf("save", [&](int side) {
      must(storages_[side]->saveMetaInfo(records));
      return "saved";
    });
  }

  std::string load() {
    const auto id = anyId();
    return differenceOf("load " + id, [&](int side) {
      const auto record = storages_[side]->loadMetaInfoById(id);
      return record ? text(*record) : std::string(nameOf(record.error().code()));
    });
  }

  std::string list() {
    MetaFilter filter;
    if (below(3) == 0) filter.name = "One";
    if (below(3) == 0) filter.cause = "threw";
    if (below(3) == 0) filter.status = static_cast<TaskStatus>(1 + below(3));
    const Page page{static_cast<std::size_t>(below(4)), static_cast<std::size_t>(below(30))};
    return differenceOf("list", [&](int side) {
      std::string all;
      for (const auto& record : must(storages_[side]->listMetaInfo(filter, page))) all += text(record) + "\n";
      return all;
    });
  }

  std::mt19937_64 random_;
  const Ids ids_;
  std::array<std::unique_ptr<StoreUnderTest>, 2> stores_;
  std::array<std::unique_ptr<SimpleMetaStorage>, 2> storages_;
};

class RecordsConformance : public ::testing::TestWithParam<BackendUnderTest> {
 protected:
  static void play(const Ids& ids, std::optional<Duration> expireAfter) {
    const auto first = seed();
    for (std::uint64_t round = 0; round < 10; ++round) {
      RecordsModel model(GetParam(), first + round, ids, expireAfter);
      for (int step = 1; step <= 300; ++step) {
        ASSERT_EQ(model.step(), "") << "LEPTIR_SEED=" << first + round << ", step " << step;
      }
    }
  }
};
LEPTIR_CONFORMANCE_GROUP_ON(RecordsBesideTheReference, RecordsConformance, recordStoresUnderTest());

TEST_P(RecordsBesideTheReference, AreAnsweredTheSameForShortIds) {
  play(shortIds(), kExpiry);
}

// Without an expiry: a store that groups records by the time in their ids may keep them as long as the latest one.
TEST_P(RecordsBesideTheReference, AreAnsweredTheSameForIdsThatContainATime) {
  play(taskIds(), {});
}

}  // namespace
}  // namespace leptir::conformance
