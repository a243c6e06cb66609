#include "leptir/base_task.h"

#include "task/task_run.h"

#include <gtest/gtest.h>

namespace app {

struct Resize {
  std::string source;
  int width = 640;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Resize, source, width)

struct Strict {
  int width = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Strict, width)

struct Amounts {
  std::int64_t whole = 0;
  std::uint64_t natural = 0;
  double fraction = 0;
  std::vector<std::int64_t> list;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Amounts, whole, natural, fraction, list)

// Makes the protected members of BaseTask public, so that tests can call them.
class OpenTask final : public leptir::BaseTask {
 public:
  using BaseTask::addResponseLine;
  using BaseTask::attempt;
  using BaseTask::changeState;
  using BaseTask::context;
  using BaseTask::fence;
  using BaseTask::getArray;
  using BaseTask::getBool;
  using BaseTask::getExecutionTime;
  using BaseTask::getFloat;
  using BaseTask::getInt;
  using BaseTask::getString;
  using BaseTask::logInfo;
  using BaseTask::parameters;
  using BaseTask::progress;
  using BaseTask::setResult;
  using BaseTask::stopToken;

  explicit OpenTask(leptir::Json data = leptir::Json::object()) { setData(std::move(data)); }

 private:
  leptir::ExitStatus doJob() override { return leptir::ExitStatus::Success; }
};

}  // namespace app

namespace leptir::task {
namespace {

using app::OpenTask;

class UnnamedTask final : public BaseTask {
  ExitStatus doJob() override { return ExitStatus::Success; }
};

template <class Action>
std::string inputError(Action action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(BaseTask, IsNamedAfterItsClassUnlessSetNameWasCalled) {
  OpenTask task;
  EXPECT_EQ(task.name(), "app::OpenTask");
  task.setName("open");
  EXPECT_EQ(task.name(), "open");
}

TEST(BaseTask, OmitsUnnamedNamespacesFromItsDefaultName) {
  EXPECT_EQ(UnnamedTask().name(), "leptir::task::UnnamedTask");
}

TEST(BaseTask, AcceptsAnObjectNullOrAnEmptyListAsParameters) {
  OpenTask task;
  task.setData({{"a", 1}});
  EXPECT_EQ(task.getData(), (Json{{"a", 1}}));
  task.setData(nullptr);
  EXPECT_EQ(task.getData(), Json::object());
  task.setData(Json::array());
  EXPECT_EQ(task.getData(), Json::object());
  EXPECT_EQ(inputError([&] { task.setData({1, 2}); }), "Parameters are not an object but a list");
  EXPECT_EQ(inputError([&] { task.setData("text"); }), "Parameters are not an object but a string");
}

const Json kEveryType = {{"null", nullptr}, {"bool", true},         {"int", -5},
                         {"unsigned", 5u},  {"float", 2.5},         {"string", "word"},
                         {"list", {1, 2}},  {"object", {{"a", 1}}}, {"huge", 18446744073709551615u}};

// The names of the members of kEveryType that a getter accepts.
template <class Getter>
std::vector<std::string> acceptedTypes(Getter getter) {
  const OpenTask task(kEveryType);
  std::vector<std::string> names;
  for (const auto& [name, value] : kEveryType.items()) {
    const auto& parameter = name;
    if (inputError([&] { getter(task, parameter); }) == "nothing was thrown") names.push_back(name);
  }
  return names;
}

using Names = std::vector<std::string>;

TEST(Parameters, AreNotConvertedExceptFromIntegerToFloat) {
  EXPECT_EQ(acceptedTypes([](const OpenTask& task, const std::string& name) { task.getInt(name); }),
            (Names{"int", "unsigned"}));
  EXPECT_EQ(acceptedTypes([](const OpenTask& task, const std::string& name) { task.getFloat(name); }),
            (Names{"float", "huge", "int", "unsigned"}));
  EXPECT_EQ(acceptedTypes([](const OpenTask& task, const std::string& name) { task.getBool(name); }), (Names{"bool"}));
  EXPECT_EQ(acceptedTypes([](const OpenTask& task, const std::string& name) { task.getString(name); }),
            (Names{"string"}));
  EXPECT_EQ(acceptedTypes([](const OpenTask& task, const std::string& name) { task.getArray(name); }),
            (Names{"list", "object"}));
}

TEST(Parameters, AreReturnedByTheGetterOfTheirType) {
  const OpenTask task(kEveryType);
  EXPECT_EQ(task.getInt("int"), -5);
  EXPECT_EQ(task.getFloat("float"), 2.5);
  EXPECT_EQ(task.getFloat("int"), -5.0);
  EXPECT_TRUE(task.getBool("bool"));
  EXPECT_EQ(task.getString("string"), "word");
  EXPECT_EQ(task.getArray("list"), (Json{1, 2}));
  EXPECT_EQ(task.getArray("object"), (Json{{"a", 1}}));
}

TEST(Parameters, ThatAreMissingOrNullGetTheDefaultValue) {
  const OpenTask task(kEveryType);
  for (const auto* name : {"missing", "null"}) {
    EXPECT_EQ(task.getInt(name, 6), 6);
    EXPECT_EQ(task.getFloat(name, 0.5), 0.5);
    EXPECT_TRUE(task.getBool(name, true));
    EXPECT_EQ(task.getString(name, "none"), "none");
    EXPECT_EQ(task.getArray(name, Json::array()), Json::array());
  }
}

TEST(Parameters, OfTheWrongTypeAreRejectedEvenWithADefault) {
  const OpenTask task(kEveryType);
  EXPECT_THROW((void)task.getInt("string", 6), InputError);
  EXPECT_THROW((void)task.getString("int", "none"), InputError);
}

TEST(Parameters, AreNamedInErrorsWithTheirTypeAndTheRequestedType) {
  const OpenTask task(kEveryType);
  EXPECT_EQ(inputError([&] { (void)task.getInt("float"); }),
            "Input value is not an integer but a float. Parameter: float");
  EXPECT_EQ(inputError([&] { (void)task.getString("list"); }),
            "Input value is not a string but a list. Parameter: list");
  EXPECT_EQ(inputError([&] { (void)task.getBool("object"); }),
            "Input value is not a boolean but an object. Parameter: object");
  EXPECT_EQ(inputError([&] { (void)task.getArray("bool"); }),
            "Input value is not a list or an object but a boolean. Parameter: bool");
  EXPECT_EQ(inputError([&] { (void)task.getFloat("missing"); }),
            "Value is not defined, a float is needed. Parameter: missing");
  EXPECT_EQ(inputError([&] { (void)task.getInt("huge"); }),
            "Input value does not fit into the requested integer type. Parameter: huge");
}

TEST(Parameters, PushedAsTextGetAHintHowToPushThem) {
  const OpenTask task(Json{{"seconds", "2"}, {"yes", "true"}, {"list", "[1]"}, {"word", "two"}, {"half", "0.5"}});
  const auto hint = [](const std::string& name, const std::string& value) {
    return "Parameter: " + name + ". Pushed as " + name + "=" + value + " it is text: push " + name + ":=" + value;
  };
  EXPECT_EQ(inputError([&] { (void)task.getFloat("seconds"); }),
            "Input value is not a float but a string. " + hint("seconds", "2"));
  EXPECT_EQ(inputError([&] { (void)task.getInt("seconds"); }),
            "Input value is not an integer but a string. " + hint("seconds", "2"));
  EXPECT_EQ(inputError([&] { (void)task.getBool("yes"); }),
            "Input value is not a boolean but a string. " + hint("yes", "true"));
  EXPECT_EQ(inputError([&] { (void)task.getArray("list"); }),
            "Input value is not a list or an object but a string. " + hint("list", "[1]"));
  EXPECT_EQ(inputError([&] { (void)task.getInt("half"); }),
            "Input value is not an integer but a string. Parameter: half");
  EXPECT_EQ(inputError([&] { (void)task.getFloat("word"); }),
            "Input value is not a float but a string. Parameter: word");
}

TEST(Parameters, TooLargeForAStructMemberAreRejectedByName) {
  const auto why = [](const char* json) {
    return inputError([&] { (void)OpenTask(Json::parse(json)).parameters<app::Amounts>(); });
  };
  const std::string tooLarge = "Input value does not fit into the requested integer type. Parameter: ";
  EXPECT_EQ(why(R"({"whole":9223372036854775808})"), tooLarge + "whole");
  EXPECT_EQ(why(R"({"whole":123456789012345678901234})"), tooLarge + "whole");
  EXPECT_EQ(why(R"({"list":[1,18446744073709551616]})"), tooLarge + "list[1]");
  EXPECT_EQ(why(R"({"natural":18446744073709551616})"), tooLarge + "natural");
  EXPECT_EQ(why(R"({"natural":18446744073709551615,"fraction":1e300,"other":1e300})"), "nothing was thrown");
}

TEST(Parameters, CanBeReadIntoAStruct) {
  const OpenTask task(Json{{"source", "a.png"}});
  const auto resize = task.parameters<app::Resize>();
  EXPECT_EQ(resize.source, "a.png");
  EXPECT_EQ(resize.width, 640);
}

TEST(Parameters, ThatDoNotFitAStructThrowAnInputError) {
  EXPECT_EQ(inputError([] { (void)OpenTask(Json{{"width", "wide"}}).parameters<app::Resize>(); }),
            "Parameters do not fit: type must be number, but is string. Parameter: width");
  EXPECT_EQ(inputError([] { (void)OpenTask().parameters<app::Strict>(); }),
            "Parameters do not fit: key 'width' not found");
}

TEST(BaseTask, CanBeUsedInAUnitTestWithoutAnInstance) {
  OpenTask task;
  task.changeState("a");
  task.changeState("b");
  task.addResponseLine("line");
  task.setResult(Json{1.0});
  task.logInfo("to nobody");
  task.progress(0.5, "half");

  EXPECT_EQ(task.getLastState(), "b");
  EXPECT_EQ(task.getExecutionFlow(), (Names{"a", "b"}));
  EXPECT_EQ(task.context().responseLines(), (Names{"line"}));
  EXPECT_EQ(task.context().result(), "[1.0]");
  EXPECT_EQ(task.attempt(), 1);
  EXPECT_EQ(task.fence(), 0u);
  EXPECT_GE(task.getExecutionTime(), 0.0);
  EXPECT_FALSE(task.stopToken().stopRequested());
  EXPECT_EQ(task.stopToken().descriptor(), -1);
}

TEST(TaskContext, ClampsProgress) {
  std::vector<double> seen;
  TaskEnvironment environment;
  environment.onProgress = [&](double fraction, std::string_view) { seen.push_back(fraction); };
  const auto context = TaskRun::begin(std::move(environment));
  for (const double fraction : {-1.0, 0.0, 0.25, 1.0, 7.0, std::nan("")}) context.progress(fraction);
  EXPECT_EQ(seen, (std::vector<double>{0, 0, 0.25, 1, 1, 0}));
}

TEST(TaskContext, MeasuresTheExecutionTimeWithTheBootClock) {
  ManualClock clock;
  TaskEnvironment environment;
  environment.clock = &clock;
  const auto context = TaskRun::begin(std::move(environment));
  clock.advance(std::chrono::milliseconds(1500));
  clock.setWallClock(Time());
  EXPECT_EQ(context.executionTime(), std::chrono::milliseconds(1500));
}

TEST(TaskContext, HasAnEmptyLastStateBeforeTheFirstChangeState) {
  EXPECT_EQ(TaskContext().lastState(), "");
}

}  // namespace
}  // namespace leptir::task
