#include "base/task_names.h"

#include <gtest/gtest.h>

namespace leptir::base {
namespace {

using namespace std::string_literals;

std::string whyNot(const std::string& id) {
  const auto checked = checkTaskId(id);
  return checked ? std::string() : checked.error().message();
}

TEST(TaskNames, AcceptsIdsThatPhpLeptirAndLeptirMake) {
  for (const auto& id : {"145596b0468b93b22a4.02397032"s, "0190f5c0-1234-7abc-8def-0123456789ab"s, "7"s, "Array"s,
                         "č 🦋"s, std::string(255, 'x')}) {
    EXPECT_EQ(whyNot(id), "");
  }
  EXPECT_TRUE(checkTaskName("App\\Tasks\\Mail"));
}

TEST(TaskNames, RefusesInvalidIdsWithTheReason) {
  EXPECT_EQ(whyNot(""), "the task's id is empty");
  EXPECT_EQ(whyNot(std::string(256, 'x')), "the task's id has 256 bytes, more than 255");
  EXPECT_EQ(whyNot("a\xff"), "the task's id is not UTF-8");
  EXPECT_EQ(whyNot("x\ny"), "the task's id holds a control character: 'x\\ny'");
  EXPECT_EQ(whyNot("a\0b"s), "the task's id holds a control character: 'a\\x00b'");
  EXPECT_EQ(whyNot("\x7f"), "the task's id holds a control character: '\\x7f'");
  EXPECT_EQ(whyNot("a\u009bb"), "the task's id holds a control character: 'a\\u009bb'");
  EXPECT_EQ(whyNot("a\u2028b"), "the task's id holds a control character: 'a\\u2028b'");
  EXPECT_EQ(checkTaskName("a\tb").error().message(), "the task's name holds a control character: 'a\\tb'");
}

}  // namespace
}  // namespace leptir::base
