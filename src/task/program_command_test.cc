#include "task/program_command.h"

#include "leptir/json.h"
#include "leptir/task_error.h"

#include <gtest/gtest.h>

namespace leptir::task {
namespace {

using Words = std::vector<std::string>;

std::string filled(const std::string& argument, const Json& parameters) {
  try {
    return fillCommand({argument}, writeJson(parameters)).at(0);
  } catch (const InputError& error) {
    return error.what();
  }
}

TEST(FillCommand, InsertsStringsUnchangedAndOtherValuesAsJson) {
  const Json parameters = {
      {"name", "a b;$(rm) \"č"}, {"list", {1, 2.0, "x"}}, {"map", {{"k", nullptr}}}, {"n", 5}, {"yes", true},
      {"none", nullptr}};
  EXPECT_EQ(fillCommand({"/bin/echo", "{name}", "{list}", "{map}", "-n={n}{yes}", "{none}", ""}, writeJson(parameters)),
            (Words{"/bin/echo", "a b;$(rm) \"č", R"([1,2.0,"x"])", R"({"k":null})", "-n=5true", "null", ""}));
}

TEST(FillCommand, InsertsNumbersAndObjectsAsTheyWerePushed) {
  const auto* pushed = R"({"n":123456789012345678901234567890,"f":1.50,"m":{"z":1, "a":2},"n\u0061me":"\u010d\/"})";
  EXPECT_EQ(fillCommand({"{n}", "{f}", "{m}", "{name}"}, pushed),
            (Words{"123456789012345678901234567890", "1.50", R"({"z":1, "a":2})", "č/"}));
}

TEST(FillCommand, TurnsDoubledBracesIntoSingleOnes) {
  EXPECT_EQ(filled("{{x}}", {}), "{x}");
  EXPECT_EQ(filled("{{{x}}}", {{"x", "1"}}), "{1}");
  EXPECT_EQ(filled(R"({{"a":{x}}})", {{"x", 5}}), R"({"a":5})");
}

TEST(FillCommand, DoesNotReplaceBracesInsideOfInsertedValues) {
  EXPECT_EQ(filled("{x}", {{"x", "{y}"}}), "{y}");
}

TEST(FillCommand, NamesAMissingParameterInTheError) {
  EXPECT_EQ(filled("{month}", {}), "Value is not defined, the command needs it. Parameter: month");
}

TEST(FillCommand, RejectsAParameterWithANulByte) {
  EXPECT_EQ(filled("{x}", {{"x", std::string("a\0b", 3)}}),
            "Input value holds a NUL byte, which no argument can. Parameter: x");
}

TEST(FillCommand, RejectsABraceThatIsNotClosed) {
  EXPECT_EQ(filled("{x", {{"x", 1}}), "Command: a { is left open; {{ stands for a brace");
}

TEST(CheckCommand, SaysWhichArgumentIsWrong) {
  const auto why = [](const Words& command) {
    const auto answer = checkCommand(command);
    return answer ? std::string() : answer.error().message();
  };
  EXPECT_EQ(why({"/bin/echo", "{a}", "{{", "}}", "x{a}{b}y"}), "");
  EXPECT_EQ(why({}), "the command names no program");
  EXPECT_EQ(why({""}), "the command names no program");
  EXPECT_EQ(why({"/bin/echo", "{a"}), "argument 1 of the command: a { is left open; {{ stands for a brace");
  EXPECT_EQ(why({"/bin/echo", "", "a}"}), "argument 2 of the command: a } without its {; }} stands for a brace");
  EXPECT_EQ(why({"{}"}), "the program of the command: no parameter name between { and }; {{ and }} stand for braces");
  EXPECT_EQ(why({"{a{b}}"}), "the program of the command: a { inside the name of a parameter; {{ stands for a brace");
}

}  // namespace
}  // namespace leptir::task
