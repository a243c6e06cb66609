// Errors of typed parameters name the parameter that does not fit, for nlohmann's macros and for from_json functions.
#include <gtest/gtest.h>

#include "leptir/base_task.h"

namespace leptir::task {
namespace {

struct Size {
  int width = 640;
  int height = 480;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Size, width, height)

struct Picture {
  std::string source;
  std::string target;
  int width = 0;
  Size size;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Picture, source, target, width, size)

struct Message {
  std::string to;
  std::vector<std::string> lines;
};
void from_json(const Json& json, Message& message) {
  message.lines = json.value("lines", std::vector<std::string>());
  json.at("to").get_to(message.to);
}

template <class Parameters>
std::string errorFor(const Json& data) {
  try {
    static_cast<void>(parametersAs<Parameters>(data));
    return "none";
  } catch (const InputError& error) {
    return error.what();
  }
}

TEST(TypedParameters, NameTheParameterOfTheWrongTypeWhenAllHaveDefaults) {
  EXPECT_EQ(errorFor<Size>({{"width", "wide"}, {"height", 3}}),
            "Parameters do not fit: type must be number, but is string. Parameter: width");
  EXPECT_EQ(errorFor<Size>({{"width", 2}, {"height", Json::array()}, {"another", "text"}}),
            "Parameters do not fit: type must be number, but is array. Parameter: height");
}

TEST(TypedParameters, ExplainHowToPushANumberThatWasPushedAsText) {
  EXPECT_EQ(
      errorFor<Size>({{"width", "2"}}),
      "Parameters do not fit: type must be number, but is string. Parameter: width. Pushed as width=2 it is text: "
      "push width:=2");
  EXPECT_TRUE(errorFor<Size>({{"width", "true"}}).ends_with("Parameter: width"));
}

TEST(TypedParameters, NameTheParameterOfTheWrongTypeWhenAllAreRequired) {
  const Json good{{"source", "a"}, {"target", "b"}, {"width", 1}, {"size", Json::object()}};
  ASSERT_EQ(errorFor<Picture>(good), "none");
  const std::vector<std::pair<std::string, Json>> wrong{{"source", 1}, {"target", nullptr}, {"width", "wide"}};
  for (const auto& [name, value] : wrong) {
    auto data = good;
    data[name] = value;
    EXPECT_TRUE(errorFor<Picture>(data).ends_with(". Parameter: " + name)) << errorFor<Picture>(data);
  }
  auto nested = good;
  nested["size"] = {{"height", "high"}};
  EXPECT_EQ(errorFor<Picture>(nested), "Parameters do not fit: type must be number, but is string. Parameter: size");
}

TEST(TypedParameters, NameTheFirstOfSeveralParametersThatDoNotFit) {
  EXPECT_TRUE(
      errorFor<Picture>({{"source", 1}, {"target", 2}, {"width", 3}, {"size", 4}}).ends_with("Parameter: source"));
}

TEST(TypedParameters, NameTheParameterThatAFromJsonFunctionRejects) {
  EXPECT_TRUE(errorFor<Message>({{"to", "x"}, {"lines", {1}}}).ends_with("Parameter: lines"));
  EXPECT_TRUE(errorFor<Message>({{"to", 7}, {"lines", {"a"}}}).ends_with("Parameter: to"));
}

TEST(TypedParameters, NameAMissingParameterOnce) {
  EXPECT_EQ(errorFor<Picture>({{"source", "a"}}), "Parameters do not fit: key 'target' not found");
}

}  // namespace
}  // namespace leptir::task
