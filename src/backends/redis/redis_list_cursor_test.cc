#include "backends/redis/redis_list_cursor.h"

#include <gtest/gtest.h>

namespace leptir::redis {
namespace {

using Part = ListCursor::Part;

TEST(RedisListCursor, AnEmptyTextIsTheBeginning) {
  EXPECT_EQ(listCursorIn(""), ListCursor());
}

TEST(RedisListCursor, IsReadAsItWasWritten) {
  for (const auto& cursor : {ListCursor{}, ListCursor{.member = {"1795462346.667348", "{\"cn\":\"\xff\n", 7}},
                             ListCursor{.member = {"-inf"}}, ListCursor{.part = Part::Leased},
                             ListCursor{.part = Part::Leased, .session = "a:1", .lease = 1795462346667348},
                             ListCursor{.part = Part::Buried, .member = {"1.795462346667348e+15", "id", 0}}}) {
    EXPECT_EQ(listCursorIn(textOf(cursor)), cursor) << textOf(cursor);
  }
}

TEST(RedisListCursor, AnyOtherTextIsRefused) {
  for (const auto* text :
       {"x",        "w",       "w:", "w:1", "w:1:0", "w:x:0:", "w:1:-1:", "w:1:x:",   "w:1:0:7", "w:1:0:7G",
        "w:nan:0:", "w:(1:0:", "l",  "l:",  "l:x:",  "l:-1:",  "l:1:7",   "b:1:0:zz", "v:1:0:",  ":1:0:"})
    EXPECT_FALSE(listCursorIn(text)) << text;
}

}  // namespace
}  // namespace leptir::redis
