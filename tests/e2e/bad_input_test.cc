// Invalid configurations and unusable stores: each gives an error that says what is wrong, where, and what to do.
#include "tests/e2e/installation.h"

#include <fstream>

namespace leptir::e2e {
namespace {

class BadInputTest : public Installation {
 protected:
  void expectConfigurationError(const std::string& yaml, const std::vector<std::string>& words) {
    config = writeConfig(yaml);
    for (const auto* command : {"start", "check", "status"}) {
      const auto answer = leptir({command});
      EXPECT_EQ(answer.exit, 78) << command << answer.out << answer.err;
      for (const auto& word : words)
        EXPECT_NE(answer.err.find(word), std::string::npos) << "no '" << word << "' in: " << answer.err;
    }
  }

  void expectStoreUnusable(const std::string& path, const std::string& word) {
    config = writeConfig("leptir:\n  brokers: [{ type: sqlite, connection: { path: '" + path + "' } }]\n");
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{{"start"}, {"check"}, {"push", "noop"}}) {
      const auto answer = leptir(command);
      EXPECT_EQ(answer.exit, 69) << command[0] << ": " << answer.out << answer.err;
      EXPECT_NE((answer.out + answer.err).find(word), std::string::npos)
          << command[0] << ": " << answer.out << answer.err;
    }
  }
};

TEST_F(BadInputTest, AnUnknownKeyIsReportedWithItsLineAndTheMostSimilarKey) {
  expectConfigurationError("leptir:\n  daemon:\n    configuration:\n      number_of_wokers: 4\n",
                           {"leptir.yaml:4", "number_of_wokers", "number_of_workers"});
}

TEST_F(BadInputTest, AWrongTypeIsNamedWithItsLine) {
  expectConfigurationError("leptir:\n  daemon: { configuration: { number_of_workers: many } }\n",
                           {"leptir.yaml:2", "number_of_workers"});
}

TEST_F(BadInputTest, ADuplicateKeyIsNamed) {
  expectConfigurationError("leptir:\n  brokers: []\n  brokers: []\n", {"leptir.yaml:3", "brokers"});
}

TEST_F(BadInputTest, AMissingFileIsNamed) {
  config = folder / "nowhere.yaml";
  const auto answer = leptir({"start"});
  EXPECT_EQ(answer.exit, 78);
  EXPECT_NE(answer.err.find("nowhere.yaml"), std::string::npos);
}

TEST_F(BadInputTest, AFileThatIsNoDatabaseIsLeftAsItIs) {
  const auto file = folder / "letter.txt";
  const std::string letter = "Dear database, I am a letter. " + std::string(5000, '.');
  std::ofstream(file) << letter;
  expectStoreUnusable(file.string(), "letter.txt");
  std::ifstream after(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(after), {}), letter);
}

TEST_F(BadInputTest, AFolderThatCannotBeMadeIsNamed) {
  expectStoreUnusable("/dev/null/leptir.db", "/dev/null");
}

TEST_F(BadInputTest, APathThatIsTooLongIsNamed) {
  expectStoreUnusable((folder / std::string(300, 'p')).string() + "/leptir.db", "ppp");
}

}  // namespace
}  // namespace leptir::e2e
