// The screen in docs/guide/top.md is what the program draws.
#include <fstream>

#include "tests/support/folders.h"
#include "top/screens_fixture.h"

namespace leptir::top {
namespace {

class Guide : public ScreenTest {
 protected:
  static std::vector<std::string> screenOfGuide() {
    std::ifstream page(sourceFolder() / "docs/guide/top.md");
    std::vector<std::string> screen;
    bool isInBlock = false;
    for (std::string line; std::getline(page, line);) {
      if (line == "```text")
        isInBlock = true;
      else if (isInBlock && line == "```")
        break;
      else if (isInBlock)
        screen.push_back(line);
    }
    return screen;
  }

  static Snapshot incident() {
    auto snapshot = fleet();
    auto& first = snapshot.instances[0].running;
    first[0].id = "9f3c2a71d0b4418e";
    first[0].name = "importCatalog";
    first[0].began = kNow - 12min;
    first[0].progressText = "row 5200";
    first[1].id = "1b7742c0ffee1234";
    snapshot.instances[1].running[0].id = "77de01a2b3c45566";
    snapshot.queues[0].counts->buried = 3;
    snapshot.queues[1].pauses = {{.name = ""}};
    snapshot.growth = {{"local", 4.5}, {"bulk", 0}};
    snapshot.failures = {failure("c0a81f2200aa91de", "sendMail", 20s, "550 no such mailbox"),
                         failure("5e5e9a0b11c2d3e4", "sendMail", 95s, "connection to mail.example refused"),
                         failure("08fa3310aa55bb66", "resize", 2h, "out of memory")};
    snapshot.failures[2].record["cause"] = "crashed";
    snapshot.history.done = {8, 9, 12, 11, 13, 12, 14, 13, 9, 6, 8, 12};
    snapshot.history.failed = {0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 1, 0.5};
    return snapshot;
  }
};

TEST_F(Guide, ShowsTheScreenAsItIsDrawn) {
  auto drawn = lines(incident());
  for (auto& line : drawn) line.erase(line.find_last_not_of(' ') + 1);
  std::string text;
  for (const auto& line : drawn) text += line + "\n";
  EXPECT_EQ(screenOfGuide(), drawn) << "docs/guide/top.md should show:\n" << text;
}

}  // namespace
}  // namespace leptir::top
