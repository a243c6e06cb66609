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

}  // namespace
}  // namespace leptir
