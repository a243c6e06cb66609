// The scripts of `leptir completion`, read by the shells themselves, and the pages of `leptir manual`, read by man.
#include <cstdlib>
#include <utility>

#include "tests/e2e/installation.h"

namespace leptir::e2e {
namespace {

class CompletionTest : public Installation {
 protected:
  // Runs a script of a shell, in which $LEPTIR is the program.
  CommandResult runIn(const std::string& shell, const std::string& script) {
    ::setenv("LEPTIR", program.c_str(), 1);
    const auto leptirProgram = std::exchange(program, "/usr/bin/env");
    auto done = run({shell, "-c", script});
    program = leptirProgram;
    return done;
  }

  // What the script prints.
  std::string outputOf(const std::string& shell, const std::string& script) {
    const auto done = runIn(shell, script);
    EXPECT_EQ(done.exit, 0) << done.err;
    return done.out;
  }

  // What bash would complete for the word at `index` of these words.
  std::string bash(const std::string& words, int index) {
    return outputOf("bash", "source <($LEPTIR completion bash); compopt() { :; }; COMP_WORDS=(" + words +
                                "); COMP_CWORD=" + std::to_string(index) + "; _leptir; echo ${COMPREPLY[@]}");
  }
};

TEST_F(CompletionTest, OfBashNamesCommandsOptionsAndFiles) {
  EXPECT_EQ(bash("leptir sta", 1), "start status stack\n");
  EXPECT_EQ(bash("leptir start --d", 2), "--daemon --drain\n");
  EXPECT_EQ(bash("leptir completion z", 2), "zsh\n");
  EXPECT_EQ(bash("leptir start --config = /etc/hostn", 4), "/etc/hostname\n");
}

TEST_F(CompletionTest, OfFishNamesCommandsAndOptions) {
  const std::string source = "$LEPTIR completion fish | source; ";
  EXPECT_EQ(outputOf("fish", source + "complete -C 'leptir sto'"),
            "stop\tStop an instance and wait until it is gone; running tasks may finish\n");
  const auto options = outputOf("fish", source + "complete -C 'leptir start --dr'");
  EXPECT_TRUE(options.starts_with("--drain\t")) << options;
}

// The functions of zsh's own completion are replaced by functions that print what they are given.
TEST_F(CompletionTest, OfZshDescribesCommandsAndOptions) {
  const std::string source =
      "compdef() { :; }; _describe() { print -l ${(P)2}; }; _arguments() { print -l -- $@; }; "
      "source <($LEPTIR completion zsh); ";
  const auto commands = outputOf("zsh", source + "words=(leptir \"\"); CURRENT=2; _leptir");
  EXPECT_NE(commands.find("stop:Stop an instance"), std::string::npos) << commands;
  const auto options = outputOf("zsh", source + "words=(leptir start \"\"); CURRENT=3; _leptir");
  EXPECT_NE(options.find("--config=[configuration file, YAML or JSON]:FILE:_files\n"), std::string::npos) << options;
  EXPECT_NE(options.find("--drain["), std::string::npos) << options;
}

TEST_F(CompletionTest, OfAnUnknownShellIsAnErrorThatNamesTheKnownOnes) {
  const auto done = runIn("sh", "$LEPTIR completion tcsh");
  EXPECT_EQ(done.exit, 2);
  EXPECT_NE(done.err.find("bash"), std::string::npos) << done.err;
}

TEST_F(CompletionTest, ManualPagesAreReadByManWithoutAWarning) {
  for (const auto* page : {"", "push", "start", "status", "completion", "manual"}) {
    const auto done =
        runIn("sh", std::string("$LEPTIR manual ") + page + " | LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l -");
    EXPECT_EQ(done.exit, 0) << page << done.err;
    EXPECT_EQ(done.err, "") << page;
    EXPECT_NE(done.out.find("EXIT STATUS"), std::string::npos) << page << done.out;
  }
}

TEST_F(CompletionTest, ManualWritesAPageForTheProgramAndEachCommand) {
  ASSERT_EQ(runIn("sh", "$LEPTIR manual --to=" + (folder / "man1").string()).exit, 0);
  for (const auto* page : {"leptir.1", "leptir-push.1", "leptir-manual.1"})
    EXPECT_GT(fs::file_size(folder / "man1" / page), 300u) << page;
  const auto refused = runIn("sh", "$LEPTIR manual --to=/proc/nowhere");
  EXPECT_EQ(refused.exit, 1);
  EXPECT_NE(refused.err.find("/proc/nowhere/leptir.1"), std::string::npos) << refused.err;
}

TEST_F(CompletionTest, ManualOfAnUnknownCommandIsAnError) {
  const auto done = runIn("sh", "$LEPTIR manual nonsense");
  EXPECT_EQ(done.exit, 2);
  EXPECT_NE(done.err.find("there is no command 'nonsense'"), std::string::npos) << done.err;
}

}  // namespace
}  // namespace leptir::e2e
