#include "base/instance_mark.h"

#include <gtest/gtest.h>

#include "base/task_id.h"
#include "tests/support/child.h"
#include "tests/support/instance_mark.h"

namespace leptir::base {
namespace {

TEST(InstanceMark, IsInheritedByForksAndMatchesItsOwnInstanceOnly) {
  const auto name = makeInstanceName(), other = makeInstanceName();
  EXPECT_FALSE(hasInstanceMark(::getpid(), name));
  EXPECT_TRUE(inChild([&] {
    if (!setInstanceMark(name)) return false;
    return inChild([&] { return hasInstanceMark(::getpid(), name) && !hasInstanceMark(::getpid(), other); });
  }));
  EXPECT_FALSE(hasInstanceMark(::getpid(), name));
}

TEST(MasterMark, IsFoundInTheMasterAndNotInItsChild) {
  const auto name = makeInstanceName();
  EXPECT_TRUE(inChild([&] {
    auto sign = setMasterMark(name);
    if (!sign || checkMasterMark(::getpid(), name) != Membership::Yes) return false;
    if (checkMasterMark(::getpid(), makeInstanceName()) != Membership::No) return false;
    return inChild([&] {
      *sign = UniqueFd();
      return checkMasterMark(::getpid(), name) == Membership::No &&
             checkMasterMark(::getppid(), name) == Membership::Yes;
    });
  }));
}

}  // namespace
}  // namespace leptir::base
