#include "base/instance_mark.h"

#include <gtest/gtest.h>

#include "base/task_id.h"
#include "tests/support/child.h"

namespace leptir {
namespace {

TEST(InstanceMark, IsCarriedByForksAndNamesItsInstanceOnly) {
  const auto name = makeInstanceName(), other = makeInstanceName();
  EXPECT_FALSE(bearsMark(::getpid(), name));
  EXPECT_TRUE(inChild([&] {
    if (!bearMark(name)) return false;
    return inChild([&] { return bearsMark(::getpid(), name) && !bearsMark(::getpid(), other); });
  }));
  EXPECT_FALSE(bearsMark(::getpid(), name));
}

TEST(MasterSign, IsThatOfOneProcess) {
  const auto name = makeInstanceName();
  EXPECT_TRUE(inChild([&] {
    auto sign = bearMasterSign(name);
    if (!sign || masterSignOf(::getpid(), name) != Membership::Yes) return false;
    if (masterSignOf(::getpid(), makeInstanceName()) != Membership::No) return false;
    return inChild([&] {
      *sign = UniqueFd();
      return masterSignOf(::getpid(), name) == Membership::No && masterSignOf(::getppid(), name) == Membership::Yes;
    });
  }));
}

}  // namespace
}  // namespace leptir
