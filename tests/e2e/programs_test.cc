// Programs that answer more than text (docs/guide/programs.md): what becomes of their result lines, also when they are
// ended, and the programs of the guide and of examples/python.
#include <gmock/gmock.h>

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

#include "tests/e2e/installation.h"
#include "tests/support/folders.h"
#include "tests/support/temp_dir.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Says something of each kind, then goes on with `then`.
std::string scriptThatSays(const std::string& then) {
  return "#!/bin/sh\n"
         "echo '{\"state\": \"copying\", \"response\": \"opened\", \"result\": {\"rows\": 3}}' >&3\n"
         "echo '{\"progress\": 0.4, \"text\": \"row 3\"}' >> \"$LEPTIR_RESULT\"\n"
         "echo out; echo err >&2\n" +
         then + "\n";
}

class ProgramResultsTest : public Installation {
 protected:
  void writeProgram(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name) << text;
    fs::permissions(folder / name, fs::perms::owner_all);
  }
  // Configures `prog` as this script, pushes a task of it with these arguments, and returns the task's id.
  std::string pushScript(const std::string& text, std::vector<std::string> arguments = {}) {
    writeProgram("prog.sh", text);
    writeConfig(defaultYaml("  tasks: { prog: { command: [./prog.sh], directory: '" + folder.string() + "' } }\n"));
    arguments.insert(arguments.begin(), "prog");
    return push(arguments);
  }
  static void expectAllThatItSaid(const Json& record) {
    EXPECT_EQ(record.at("flow"), Json({"copying"})) << record.dump();
    EXPECT_EQ(record.at("result"), Json({{"rows", 3}}));
    EXPECT_THAT(record.at("respM").get<std::string>(), StartsWith("out opened Its last progress was 40 % (row 3)."));
    EXPECT_EQ(record.at("stderr"), "err\n");
    EXPECT_FALSE(record.contains("stack")) << record.at("stack").dump();
  }
  // Starts an instance, and waits until the script has said everything.
  std::unique_ptr<StartedInstance> startAndWaitForProgress() {
    auto instance = start();
    const bool said = eventually([&] { return status().dump().find("row 3") != std::string::npos; });
    EXPECT_TRUE(said) << instance->output();
    return instance;
  }
};

TEST_F(ProgramResultsTest, AreInTheRecord) {
  const auto id = pushScript(scriptThatSays("exit 0"));
  ASSERT_EQ(drain(), 0);
  const auto record = info(id);
  EXPECT_EQ(record.at("retC"), 1);
  EXPECT_EQ(record.at("respM"), "out opened");
  EXPECT_EQ(record.at("result").at("rows"), 3);
  EXPECT_EQ(record.at("flow"), Json({"copying"}));
}

TEST_F(ProgramResultsTest, OfATimedOutScriptAreInItsRecordWithoutOurStack) {
  const auto id = pushScript(scriptThatSays("sleep 1000"), {"--timeLimit=1"});
  ASSERT_EQ(drain(), 0);
  const auto record = info(id);
  EXPECT_EQ(record.at("cause"), "timed_out");
  expectAllThatItSaid(record);
}

TEST_F(ProgramResultsTest, OfAScriptThatIgnoresTermAreInItsRecordWithoutOurStack) {
  const auto id = pushScript(scriptThatSays("trap '' TERM; while :; do sleep 0.1; done"), {"--timeLimit=1"});
  ASSERT_EQ(drain(), 0);
  const auto record = info(id);
  EXPECT_EQ(record.at("cause"), "timed_out");
  EXPECT_EQ(record.at("signal"), 9);
  expectAllThatItSaid(record);
}

TEST_F(ProgramResultsTest, OfACancelledScriptAreInItsRecordWithoutOurStack) {
  const auto id = pushScript(scriptThatSays("sleep 1000"));
  const auto instance = startAndWaitForProgress();
  ASSERT_EQ(leptir({"cancel", id}).exit, 0);
  ASSERT_TRUE(eventually([&] { return info(id).value("cause", "") == "cancelled"; }));
  expectAllThatItSaid(info(id));
}

TEST_F(ProgramResultsTest, OfACrashedScriptAreInItsRecordWithoutOurStack) {
  const auto id = pushScript(scriptThatSays("kill -SEGV $$"));
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return info(id).value("cause", "") == "crashed"; }));
  expectAllThatItSaid(info(id));
}

TEST_F(ProgramResultsTest, OfAStoppedScriptSettleNothing) {
  const auto id = pushScript(
      "#!/bin/sh\n[ $LEPTIR_ATTEMPT = 1 ] || exit 9\necho '{\"discard\": \"no\", \"progress\": "
      "0.4, \"text\": \"row 3\"}' >&3\n[ -e go ] || sleep 1000\n");
  {
    const auto instance = startAndWaitForProgress();
    instance->signal(SIGQUIT);
    EXPECT_EQ(instance->waitForExit(), 0);
  }
  EXPECT_EQ(status().at("brokers").at(0).at("due"), 1) << "the task went back, without an attempt";
  writeProgram("go", "");
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(info(id).at("cause"), "discarded");
}

TEST_F(ProgramResultsTest, CanAskForALaterRun) {
  const auto id = pushScript(
      "#!/bin/sh\n[ -e again ] && exit\n: > again\n"
      "echo '{\"retry_after\": 0.2, \"response\": \"busy\"}' >&3; exit 1\n");
  ASSERT_EQ(drain(), 0);
  const auto record = info(id);
  EXPECT_EQ(record.at("retC"), 1);
  EXPECT_EQ(record.at("attempt"), 1) << "the first run counted neither as a failure nor as an attempt";
}

TEST_F(ProgramResultsTest, ThatAreWrongAreToldInLogAndRecord) {
  const auto id = pushScript("#!/bin/sh\necho '{\"reslt\": 5, \"state\": \"well\"}' >&3\n");
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(info(id).at("flow"), Json({"well"}));
  EXPECT_THAT(info(id).at("respM").get<std::string>(), StartsWith("[Result line 1 is wrong: unknown key 'reslt'; "));
  EXPECT_THAT(readWholeFile(folder / "leptir.log"), HasSubstr("(prog) Result line 1 is wrong: unknown key 'reslt'"));
}

// The example of examples/python, as it stands there.
class PythonExampleTest : public ProgramResultsTest {
 protected:
  PythonExampleTest() {
    for (const auto& entry : fs::directory_iterator(sourceFolder() / "examples/python"))
      fs::copy(entry.path(), folder / entry.path().filename(), fs::copy_options::overwrite_existing);
    config = folder / "leptir.yaml";
    fs::create_directory(folder / "pictures");
  }
  void writePicture(const std::string& name, int width, int height) const {
    std::ofstream(folder / "pictures" / name, std::ios::binary)
        << "P6\n"
        << width << " " << height << "\n255\n"
        << std::string(static_cast<std::size_t>(width * height * 3), 'x');
  }
  std::string pushExample(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"thumbnails", "folder=" + (folder / "pictures").string()});
    return push(more);
  }
};

TEST_F(PythonExampleTest, ReportsItsResultThroughTheHelper) {
  writePicture("a.ppm", 5, 3);
  writePicture("b.ppm", 4, 4);
  const auto id = pushExample();
  ASSERT_EQ(drain(), 0);
  const auto record = info(id);
  EXPECT_EQ(record.at("respM"), "2 pictures");
  EXPECT_EQ(record.at("result"), Json({{"pictures", 2}}));
  EXPECT_EQ(record.at("flow"), Json({"halving"}));
  EXPECT_EQ(readWholeFile(folder / "pictures/a.small"), "P6\n3 2\n255\n" + std::string(3 * 2 * 3, 'x'));
}

TEST_F(PythonExampleTest, IsDiscardedWhenItsFolderIsGone) {
  fs::remove(folder / "pictures");
  const auto id = pushExample();
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(info(id).at("cause"), "discarded");
  EXPECT_THAT(info(id).at("respM").get<std::string>(), HasSubstr("there is no folder "));
}

TEST_F(PythonExampleTest, RunsAgainLaterWhileTheUploadGoesOn) {
  std::ofstream(folder / "pictures/upload.lock") << "";
  const auto id = pushExample();
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return info(id).value("cause", "") == "retry_later"; }));
  EXPECT_EQ(info(id).at("respM"), "the upload is not complete");
  EXPECT_EQ(status().at("brokers").at(0).at("scheduled"), 1);
}

TEST_F(PythonExampleTest, CleansUpAtItsTimeLimit) {
  ASSERT_EQ(::mkfifo((folder / "pictures/a.ppm").c_str(), 0600), 0) << "a picture that is never read to its end";
  const auto id = pushExample({"--timeLimit=2"});
  ASSERT_EQ(drain(), 0);
  const auto record = info(id);
  EXPECT_EQ(record.at("cause"), "timed_out");
  EXPECT_THAT(record.at("respM").get<std::string>(), HasSubstr("Program exited with code 143."));
  EXPECT_EQ(record.at("flow"), Json({"halving"}));
}

// The programs of docs/guide/programs.md: each code block whose first or second line names a file.
class ProgramsGuideTest : public ProgramResultsTest {
 protected:
  ProgramsGuideTest() {
    std::istringstream guide(readWholeFile(sourceFolder() / "docs/guide/programs.md"));
    std::string block;
    bool isInside = false;
    for (std::string line; std::getline(guide, line);) {
      if (!line.starts_with("```")) {
        if (isInside) block += line + "\n";
      } else if (std::exchange(isInside, !isInside)) {
        writeBlock(std::exchange(block, {}));
      }
    }
    auto yaml = readWholeFile(folder / "leptir.yaml");
    yaml = yaml.substr(yaml.find("leptir:\n") + 8);
    yaml += "    careful: { command: [./careful.sh] }\n";
    writeConfig(defaultYaml(yaml));
    fs::current_path(folder);
  }
  ~ProgramsGuideTest() override { fs::current_path("/"); }

  void writeBlock(const std::string& block) {
    std::istringstream lines(block);
    std::string comment, name;
    for (int i = 0; i < 2 && lines >> comment; ++i) {
      std::getline(lines, name);
      name.erase(0, 1);
      const bool isName = (comment == "#" || comment == "//") && name.find(' ') == std::string::npos;
      if (isName && name.find('.') != std::string::npos) return writeProgram(name, block);
    }
  }
};

TEST_F(ProgramsGuideTest, TheShellScriptPacksAFolderOrDiscardsTheTask) {
  fs::create_directory(folder / "data");
  const auto packed = push({"backup", "folder=data"}), gone = push({"backup", "folder=nowhere"});
  ASSERT_EQ(drain(), 0);
  EXPECT_THAT(info(packed).at("respM").get<std::string>(), StartsWith("packed "));
  EXPECT_EQ(info(packed).at("flow"), Json({"packing"}));
  EXPECT_EQ(info(gone).at("cause"), "discarded");
}

TEST_F(ProgramsGuideTest, ThePythonProgramReportsItsResult) {
  const auto id = push({"import", "rows:=[1, 2, 3]"});
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(info(id).at("result"), Json({{"rows", 3}})) << info(id).dump();
}

TEST_F(ProgramsGuideTest, TheNodeProgramReportsItsResultOrDiscardsTheTask) {
  if (std::system("node --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "node is not installed";
  const auto id = push({"convert", "text=hello"}), empty = push({"convert"});
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(info(id).at("result"), "HELLO") << info(id).dump();
  EXPECT_EQ(info(empty).at("respM"), "there is no text");
}

TEST_F(ProgramsGuideTest, TheCarefulScriptCleansUpAtItsTimeLimit) {
  const auto id = push({"careful", "--timeLimit=1"});
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(info(id).at("respM"), "cleaned up Program exited with code 143. Time limit exceeded.");
}

}  // namespace
}  // namespace leptir::e2e
