#include "base/lazy_store.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace leptir::base {
namespace {

struct FakeStore {
  bool broken = false;
  bool isUsable() const { return !broken; }
};

struct LazyStoreTest : testing::Test {
  LazyStore<FakeStore> store{"broker x", [this]() -> Result<std::unique_ptr<FakeStore>> {
                               ++opened;
                               if (error) return *error;
                               return std::make_unique<FakeStore>();
                             }};
  std::optional<Error> error;
  int opened = 0;
};

TEST_F(LazyStoreTest, IsOpenedAtItsFirstUseOnly) {
  EXPECT_EQ(opened, 0);
  EXPECT_TRUE(store.access());
  EXPECT_TRUE(store.access());
  EXPECT_EQ(opened, 1);
}

TEST_F(LazyStoreTest, IsOpenedAgainAfterAFailureToOpenIt) {
  error = Error(ErrorCode::Invalid, "wrong password");
  const auto failed = store.access();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error(), Error(ErrorCode::Unavailable, "broker x: wrong password"));
  error.reset();
  EXPECT_TRUE(store.access());
}

TEST_F(LazyStoreTest, SaysThatAStoreDoesNotExist) {
  error = Error(ErrorCode::NotFound, "no such file");
  EXPECT_EQ(store.access().error().code(), ErrorCode::NotFound);
}

TEST_F(LazyStoreTest, IsOpenedAgainOnceItIsNotUsableOrWasClosed) {
  (*store.access())->broken = true;
  EXPECT_FALSE((*store.access())->broken);
  EXPECT_EQ(opened, 2);
  store.close(*store.access());
  EXPECT_TRUE(store.access());
  EXPECT_EQ(opened, 3);
}

TEST_F(LazyStoreTest, IsUsedByOneThreadAtATime) {
  int inside = 0, most = 0;
  const auto use = [&] {
    for (int i = 0; i < 1000; ++i) {
      const auto held = store.access();
      most = std::max(most, ++inside);
      --inside;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(use);
  }
  EXPECT_EQ(most, 1);
  EXPECT_EQ(opened, 1);
}

}  // namespace
}  // namespace leptir::base
