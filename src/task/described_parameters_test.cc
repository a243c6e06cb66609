// LEPTIR_PARAMETERS and LEPTIR_ENUM: what is required, what is optional, and how errors name the parameter.
#include "leptir/describe_parameters.h"

#include <gtest/gtest.h>

#include <limits>

#include "leptir/run_task.h"
#include "leptir/task_error.h"
#include "leptir/task_registry.h"

namespace described {

enum class Fit { Cover, Contain };
LEPTIR_ENUM(Fit, {Fit::Cover, "cover"}, {Fit::Contain, "contain"})

struct Size {
  int width = 640;
  std::int8_t depth = 8;
};
LEPTIR_PARAMETERS(Size, width, optional(depth))

struct Picture {
  std::string source;
  Size size;
  Fit fit = Fit::Cover;
  std::optional<std::string> target;
  std::optional<int> quality = 80;
  std::vector<Size> copies;
  std::map<std::string, double> weights;
  leptir::Json extra;
};
LEPTIR_PARAMETERS(Picture, source, size, target, optional(fit, quality, copies, weights, extra))

struct Strict {
  int width = 0;
  std::optional<int> height;
};
LEPTIR_STRICT_PARAMETERS(Strict, width, height)

struct Numbers {
  std::uint64_t large = 0;
  unsigned natural = 0;
  float ratio = 0;
  bool exact = false;
};
LEPTIR_PARAMETERS(Numbers, optional(large, natural, ratio, exact))

struct Node {
  std::string name;
  std::vector<Node> children;
};
LEPTIR_PARAMETERS(Node, name, optional(children))

struct Nothing {};
LEPTIR_PARAMETERS(Nothing)

struct Derived : Size {
  int more = 0;
};
LEPTIR_PARAMETERS(Derived, width, more)

struct OnlyDerived : Size {};

// A type that its user taught nlohmann to read.
struct Celsius {
  double degrees = 0;
};
void from_json(const leptir::Json& json, Celsius& celsius) {
  json.get_to(celsius.degrees);
}
void to_json(leptir::Json& json, const Celsius& celsius) {
  json = celsius.degrees;
}
struct Weather {
  Celsius outside;
  std::optional<Celsius> inside;
};
LEPTIR_PARAMETERS(Weather, outside, inside)

// Names that are macros elsewhere in leptir's macros, and a member that is itself named optional.
struct Confusing {
  int optional = 0;
  int member = 0;
};
LEPTIR_PARAMETERS(Confusing, optional, member)

}  // namespace described

// A user's own reading of a std::optional, as the manual of nlohmann-json shows it. Members of described structs are
// read by leptir, so the two do not meet.
template <>
struct nlohmann::adl_serializer<std::optional<described::Celsius>> {
  using Celsius = described::Celsius;
  static void to_json(json& to, const std::optional<Celsius>& value) {
    to = value ? json{{"some", *value}} : json("none");
  }
  static void from_json(const json& from, std::optional<Celsius>& value) {
    if (from != "none") value = from.at("some").get<Celsius>();
  }
};

namespace described {
namespace {

using leptir::Json;
using leptir::parametersAs;

template <class T>
std::string errorOf(const Json& json) {
  try {
    parametersAs<T>(json);
    return "none";
  } catch (const leptir::InputError& error) {
    return error.what();
  }
}

Json picture() {
  return {{"source", "a.png"}, {"size", {{"width", 320}}}};
}

Json pictureWith(const std::string& name, Json value) {
  auto json = picture();
  json[name] = std::move(value);
  return json;
}

TEST(DescribedParameters, AMissingRequiredParameterIsAnErrorThatNamesIt) {
  EXPECT_EQ(errorOf<Picture>({{"size", {{"width", 1}}}}),
            "Value is not defined, a string is needed. Parameter: source");
  EXPECT_EQ(errorOf<Picture>({{"source", "a"}}), "Value is not defined, an object is needed. Parameter: size");
  EXPECT_EQ(errorOf<Picture>({{"source", nullptr}}), "Value is not defined, a string is needed. Parameter: source");
}

TEST(DescribedParameters, OptionalParametersKeepTheDefaultsOfTheStruct) {
  const auto read = parametersAs<Picture>(picture());
  EXPECT_EQ(read.size.width, 320);
  EXPECT_EQ(read.size.depth, 8);
  EXPECT_EQ(read.fit, Fit::Cover);
  EXPECT_EQ(read.target, std::nullopt);
  EXPECT_EQ(read.quality, 80);
  EXPECT_TRUE(read.copies.empty());
}

TEST(DescribedParameters, NullMeansMissingAndEmptiesAStdOptional) {
  EXPECT_EQ(parametersAs<Picture>(pictureWith("fit", nullptr)).fit, Fit::Cover);
  EXPECT_EQ(parametersAs<Picture>(pictureWith("quality", nullptr)).quality, std::nullopt);
  EXPECT_EQ(parametersAs<Picture>(pictureWith("extra", nullptr)).extra, Json());
}

TEST(DescribedParameters, ErrorsOfNestedValuesNameTheirPath) {
  EXPECT_EQ(errorOf<Picture>(pictureWith("size", {{"width", "wide"}})),
            "Input value is not an integer but a string. Parameter: size.width");
  EXPECT_EQ(errorOf<Picture>(pictureWith("size", Json::object())),
            "Value is not defined, an integer is needed. Parameter: size.width");
  EXPECT_EQ(errorOf<Picture>(pictureWith("size", 7)), "Input value is not an object but an integer. Parameter: size");
  EXPECT_EQ(errorOf<Picture>(pictureWith("copies", {{{"width", 1}}, {{"width", nullptr}}})),
            "Value is not defined, an integer is needed. Parameter: copies[1].width");
  EXPECT_EQ(errorOf<Picture>(pictureWith("weights", {{"left", "1"}})),
            "Input value is not a float but a string. Parameter: weights.left");
  EXPECT_EQ(errorOf<Picture>(Json::array({1})), "Input value is not an object but a list");
}

TEST(DescribedParameters, ErrorsOfParametersThatWerePushedAsTextSayHowToPushThem) {
  EXPECT_EQ(
      errorOf<Strict>({{"width", "2"}}),
      "Input value is not an integer but a string. Parameter: width. Pushed as width=2 it is text: push width:=2");
}

TEST(DescribedParameters, NoValueIsConvertedToAnotherType) {
  EXPECT_EQ(errorOf<Strict>({{"width", 1.5}}), "Input value is not an integer but a float. Parameter: width");
  EXPECT_EQ(errorOf<Strict>({{"width", true}}), "Input value is not an integer but a boolean. Parameter: width");
  EXPECT_EQ(errorOf<Numbers>({{"exact", 1}}), "Input value is not a boolean but an integer. Parameter: exact");
  EXPECT_EQ(errorOf<Numbers>({{"ratio", "1"}}).substr(0, 40), "Input value is not a float but a string.");
  EXPECT_EQ(parametersAs<Numbers>({{"ratio", 2}}).ratio, 2.0F);
}

TEST(DescribedParameters, IntegersThatDoNotFitAreErrors) {
  const auto kDoesNotFit = "Input value does not fit into the requested integer type. Parameter: ";
  EXPECT_EQ(errorOf<Strict>({{"width", 5'000'000'000}}), kDoesNotFit + std::string("width"));
  EXPECT_EQ(errorOf<Numbers>({{"natural", -1}}), kDoesNotFit + std::string("natural"));
  EXPECT_EQ(errorOf<Numbers>({{"large", -1}}), kDoesNotFit + std::string("large"));
  EXPECT_EQ(errorOf<Numbers>({{"large", 1e30}}), kDoesNotFit + std::string("large"));
  EXPECT_EQ(errorOf<Picture>(pictureWith("size", {{"width", 1}, {"depth", 128}})),
            kDoesNotFit + std::string("size.depth"));
  const auto largest = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(parametersAs<Numbers>({{"large", largest}}).large, largest);
  EXPECT_EQ(parametersAs<Picture>(pictureWith("size", {{"width", -5}, {"depth", -128}})).size.depth, -128);
}

TEST(DescribedParameters, AnEnumerationIsReadAndWrittenByItsWords) {
  EXPECT_EQ(parametersAs<Picture>(pictureWith("fit", "contain")).fit, Fit::Contain);
  EXPECT_EQ(errorOf<Picture>(pictureWith("fit", "covr")),
            "Input value is not one of cover, contain but 'covr'. Parameter: fit");
  EXPECT_EQ(errorOf<Picture>(pictureWith("fit", 1)), "Input value is not a string but an integer. Parameter: fit");
  EXPECT_EQ(Json(Fit::Contain), "contain");
  EXPECT_EQ(Json("cover").get<Fit>(), Fit::Cover);
  EXPECT_THROW(Json(static_cast<Fit>(7)), leptir::InputError);
}

TEST(DescribedParameters, OthersAreIgnoredUnlessTheStructRefusesThem) {
  EXPECT_EQ(errorOf<Picture>(pictureWith("sorce", "b")), "none");
  EXPECT_EQ(errorOf<Strict>({{"width", 1}, {"heigth", 2}}),
            "The task has no such parameter; did you mean 'height'? Parameter: heigth");
  EXPECT_EQ(errorOf<Strict>({{"width", 1}, {"color", 2}}),
            "The task has no such parameter; known are width, height. Parameter: color");
}

TEST(DescribedParameters, WhatIsWrittenIsReadBackAsItWas) {
  Picture full{"a", {1, 2}, Fit::Contain, "b", std::nullopt, {{3, 4}}, {{"left", 0.5}}, {{"any", {1, 2}}}};
  const Json written = full;
  EXPECT_EQ(written, Json({{"source", "a"},
                           {"size", {{"width", 1}, {"depth", 2}}},
                           {"fit", "contain"},
                           {"target", "b"},
                           {"quality", nullptr},  // the default is 80
                           {"copies", {{{"width", 3}, {"depth", 4}}}},
                           {"weights", {{"left", 0.5}}},
                           {"extra", {{"any", {1, 2}}}}}));
  EXPECT_EQ(Json(parametersAs<Picture>(written)), written);
  EXPECT_EQ(Json(Strict{5, {}}), Json({{"width", 5}}));
}

TEST(DescribedParameters, AStructMayContainItselfInAList) {
  const Json tree{{"name", "root"}, {"children", {{{"name", "leaf"}}}}};
  EXPECT_EQ(parametersAs<Node>(tree).children.at(0).name, "leaf");
  EXPECT_EQ(errorOf<Node>({{"name", "root"}, {"children", {{{"name", "leaf"}, {"children", {{{"nme", 1}}}}}}}}),
            "Value is not defined, a string is needed. Parameter: children[0].children[0].name");
}

TEST(DescribedParameters, AStructWithoutMembersTakesEverything) {
  EXPECT_EQ(errorOf<Nothing>({{"a", 1}}), "none");
  EXPECT_EQ(errorOf<Nothing>(Json::array()), "none") << "PHP's empty map";
  EXPECT_EQ(Json(Nothing()), Json::object());
}

TEST(DescribedParameters, MembersOfABaseClassCanBeNamed) {
  const auto read = parametersAs<Derived>({{"width", 3}, {"more", 4}});
  EXPECT_EQ(read.width, 3);
  EXPECT_EQ(read.more, 4);
  static_assert(!leptir::internal::DescribedStruct<OnlyDerived>, "its own members would be left out silently");
}

TEST(DescribedParameters, TypesWithAFromJsonFunctionAreReadByIt) {
  EXPECT_EQ(parametersAs<Weather>({{"outside", 7.5}}).outside.degrees, 7.5);
  EXPECT_EQ(errorOf<Weather>({{"outside", "cold"}}),
            "Parameters do not fit: type must be number, but is string. Parameter: outside");
  EXPECT_EQ(errorOf<Weather>(Json::object()), "Value is not defined, a value is needed. Parameter: outside");
}

TEST(DescribedParameters, AUsersOwnReadingOfStdOptionalStaysHisOwn) {
  EXPECT_EQ(Json(std::optional(described::Celsius{21})), Json({{"some", 21.0}}));
  EXPECT_EQ(parametersAs<Weather>({{"outside", 7.5}, {"inside", 21}}).inside.value().degrees, 21);
}

TEST(DescribedParameters, AMemberMayBeNamedOptional) {
  EXPECT_EQ(parametersAs<Confusing>({{"optional", 1}, {"member", 2}}).optional, 1);
}

TEST(DescribedParameters, ATaskWhoseParametersDoNotFitFailsBeforeItsFunctionRuns) {
  leptir::TaskRegistry tasks;
  int runs = 0;
  tasks.add<Picture>("picture", [&runs](const Picture& picture, leptir::TaskContext&) {
    ++runs;
    return picture.size;
  });
  const auto failed = leptir::runTask(tasks, "picture", {{"source", "a"}});
  EXPECT_EQ(failed.status, leptir::ExitStatus::Error);
  EXPECT_EQ(failed.response,
            "LeptirTaskException occurred. Value is not defined, an object is needed. Parameter: size");
  const auto good = leptir::runTask(tasks, "picture", Picture{.source = "a", .size = {3, 4}});
  EXPECT_EQ(good.result, R"({"depth":4,"width":3})");
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace described
