#include "top/view.h"

#include "top/screens_fixture.h"

namespace leptir::top {
namespace {

class View : public ScreenTest {
 protected:
  void expectFits(const Snapshot& snapshot, Size size) {
    adjustUi(ui, snapshot, size);
    const auto screen = render(ui, snapshot, size);
    EXPECT_EQ(screen.size(), size.rows) << size.columns << "x" << size.rows;
    for (const auto& line : screen) EXPECT_LE(widthOf(line.text()), size.columns) << line.text();
  }
};

TEST_F(View, TheOverviewShowsTheFleetItsQueuesItsTasksAndTheLatestFailures) {
  const auto screen = lines(fleet());
  EXPECT_THAT(screen[0], StartsWith("leptir top  2 instances  3/8 busy  1234 due, oldest 1 min  2 buried "));
  EXPECT_THAT(screen[0], ::testing::EndsWith("22:13:20"));
  EXPECT_THAT(screen[1], HasSubstr("done 12.3/s"));
  EXPECT_THAT(screen[1], HasSubstr("▁▃▅█"));
  EXPECT_THAT(screen[1], HasSubstr("failed 0.5/s"));
  EXPECT_THAT(screen[2], StartsWith("queue"));
  EXPECT_THAT(screen[3], StartsWith("local"));
  EXPECT_THAT(screen[3], HasSubstr("1234"));
  const auto all = shown(fleet());
  EXPECT_THAT(all, HasSubstr("running 3"));
  EXPECT_THAT(all, HasSubstr("sendMail"));
  EXPECT_THAT(all, HasSubstr("web1:7"));
  EXPECT_THAT(all, HasSubstr("50 %"));
  EXPECT_THAT(all, HasSubstr("failed 2"));
  EXPECT_THAT(all, HasSubstr("20 s ago"));
  EXPECT_THAT(all, HasSubstr("no such mailbox"));
  EXPECT_THAT(screen.back(), StartsWith("? help"));
}

TEST_F(View, AWideScreenShowsTimesAsDatesToo) {
  EXPECT_THAT(shown(fleet()), Not(HasSubstr("2023-11-14")));
  EXPECT_THAT(shown(fleet(), {140, 40}), HasSubstr("2023-11-14 22:13:00"));
}

TEST_F(View, EachScreenHasExactlyItsSize) {
  auto snapshot = fleet();
  snapshot.failures[0].reason = std::string(500, 'x') + "日本語日本語";
  snapshot.answers[0].error = "connection refused";
  snapshot.text = {.text = std::string(300, 'y') + "\nend", .answeredAt = kNow};
  for (const Size size : {Size{80, 24}, {100, 30}, {200, 60}, {20, 5}, {40, 10}, {1, 1}, {3, 2}, {500, 3}}) {
    for (const auto page : {Page::Overview, Page::Instances, Page::Tasks, Page::Text, Page::Help}) {
      ui.page = page;
      expectFits(snapshot, size);
      expectFits(Snapshot{.now = kNow}, size);
    }
  }
}

TEST_F(View, ATinyScreenShowsThePaneThatHasTheKeys) {
  const auto screen = lines(fleet(), {20, 5});
  EXPECT_THAT(screen[0], StartsWith("leptir top"));
  EXPECT_THAT(screen[1], StartsWith("running"));
  EXPECT_THAT(screen[2], StartsWith("01aaaaa…"));
}

TEST_F(View, AStoreThatDoesNotAnswerIsNamedWithItsSilence) {
  auto snapshot = fleet();
  snapshot.answers[0].asked = kNow - 1s;
  EXPECT_THAT(shown(snapshot), Not(HasSubstr("no answer")));
  snapshot.answers[0].asked = kNow - 12s;
  EXPECT_THAT(lines(snapshot)[2], StartsWith("local: no answer for 12.0 s"));
  EXPECT_THAT(shown(snapshot), HasSubstr("1234")) << "what it said before stays";
}

TEST_F(View, AnErrorOfAStoreIsShown) {
  auto snapshot = fleet();
  snapshot.answers[1].error = "connection refused";
  EXPECT_THAT(lines(snapshot)[2], StartsWith("0 s ago, records: connection refused"));
  snapshot.answers[1].answered = kNow - 12s;
  EXPECT_THAT(lines(snapshot)[2], StartsWith("12 s ago, records: connection refused"));
}

TEST_F(View, TheHelpShowsLongMessagesAsAWhole) {
  auto snapshot = fleet();
  snapshot.answers[1].error = std::string(100, 'x') + " no answer within 5.0 s";
  snapshot.news = ActionNews{std::string(100, 'y') + " is cancelled.", ActionNews::Kind::Done, kNow - 50s};
  ui.page = Page::Help;
  const auto help = shown(snapshot);
  EXPECT_THAT(help, HasSubstr("no answer within 5.0 s"));
  EXPECT_THAT(help, HasSubstr("50 s ago: yyy"));
  EXPECT_THAT(help, HasSubstr("is cancelled."));
}

TEST_F(View, AWideScreenShowsWholeIds) {
  auto snapshot = fleet();
  const std::string id = "01a22f32-ef3d-7a1b-8c2d-001122334455";
  snapshot.instances[0].running[0].id = id;
  snapshot.failures[0].id = id;
  EXPECT_THAT(shown(snapshot, {80, 24}), Not(HasSubstr(id)));
  const auto wide = shown(snapshot, {160, 45});
  EXPECT_THAT(wide.substr(wide.find("running")), HasSubstr(id));
  EXPECT_THAT(wide.substr(wide.find("failed ")), HasSubstr(id));
}

TEST_F(View, TheTimeOfAListIsNamed) {
  ui.page = Page::Tasks;
  ui.query.state = ListedState::Scheduled;
  EXPECT_THAT(lines(fleet())[2], HasSubstr("  due  "));
  ui.query.state = ListedState::Done;
  EXPECT_THAT(lines(fleet())[2], HasSubstr("  ended  "));
  EXPECT_THAT(lines(fleet(), {160, 24})[2], HasSubstr("ended (UTC)"));
}

TEST_F(View, TheKeyLineHasTheKeysThatApply) {
  ui.page = Page::Tasks;
  ui.query.state = ListedState::Buried;
  EXPECT_THAT(lines(fleet()).back(), HasSubstr("r revive  d delete  a again  m many"));
  ui.query.state = ListedState::Due;
  EXPECT_THAT(lines(fleet()).back(), HasSubstr("c cancel  m many"));
  EXPECT_THAT(lines(fleet()).back(), Not(HasSubstr("revive")));
  ui.page = Page::Text;
  ui.task.state = ListedState::Leased;
  EXPECT_THAT(lines(fleet()).back(), HasSubstr("l log  t stack  c cancel  p pause"));
  ui.task.state = ListedState::Done;
  EXPECT_THAT(lines(fleet()).back(), HasSubstr("l log  a again  p pause"));
}

TEST_F(View, TextsFromStoresCannotControlTheTerminal) {
  auto snapshot = fleet();
  snapshot.failures[0].reason = "\x1b[2J\u202eevil\r\n";
  snapshot.failures[0].name = "\x1b]0;x\a";
  snapshot.queues[0].name = "\x1b[31m";
  snapshot.text = {.text = "\x1b[2J\x9b", .answeredAt = kNow};
  const auto overview = shown(snapshot, {200, 60});
  EXPECT_EQ(overview.find('\x1b'), std::string::npos);
  EXPECT_EQ(overview.find('\a'), std::string::npos);
  EXPECT_EQ(overview.find("\u202e"), std::string::npos);
  ui.page = Page::Text;
  EXPECT_EQ(shown(snapshot).find('\x1b'), std::string::npos);
}

TEST_F(View, WideCharactersKeepTheColumnsInLine) {
  auto snapshot = fleet();
  snapshot.failures[0].name = "日本語の長い名前です";
  std::vector<std::size_t> columns;  // in which the time of a failure ends
  for (const auto& line : lines(snapshot)) {
    if (const auto end = line.find(" ago"); end != std::string::npos) columns.push_back(widthOf(line.substr(0, end)));
  }
  ASSERT_THAT(columns, SizeIs(2));
  EXPECT_EQ(columns[0], columns[1]);
  EXPECT_THAT(shown(snapshot), HasSubstr("日本語の長い"));
}

TEST_F(View, AnAsciiTerminalGetsAsciiAlone) {
  ui.encoding = Encoding::Ascii;
  ui.stateOf(PaneKind::Running).sortedBy = 0;
  for (const char c : shown(fleet())) EXPECT_TRUE(c == '\n' || (c >= 32 && c < 127)) << static_cast<int>(c);
}

TEST_F(View, AQueueThatCannotBeCountedShowsQuestionMarks) {
  auto snapshot = fleet();
  snapshot.queues[1].counts = Error(ErrorCode::Unavailable, "gone");
  EXPECT_THAT(lines(snapshot)[4], StartsWith("bulk"));
  EXPECT_THAT(lines(snapshot)[4], HasSubstr("?"));
}

TEST_F(View, PausesAreSaidInTheRowOfTheQueue) {
  auto snapshot = fleet();
  snapshot.queues[0].pauses = {{.name = ""}};
  snapshot.queues[1].pauses = {{.name = "resize"}};
  EXPECT_THAT(lines(snapshot)[3], HasSubstr("paused"));
  EXPECT_THAT(lines(snapshot)[4], HasSubstr("resize"));
}

TEST_F(View, NothingKnownYetIsSaid) {
  EXPECT_THAT(shown(Snapshot{.now = kNow}), HasSubstr("asking the stores"));
  Snapshot idle{.now = kNow};
  idle.answers = {{.store = "local", .answered = kNow}};
  EXPECT_THAT(shown(idle), HasSubstr("no task runs"));
}

TEST_F(View, TheRunningActionIsShownWithItsTime) {
  auto snapshot = fleet();
  snapshot.news = ActionNews{"Cancel sendMail 01: not done yet", ActionNews::Kind::Running, kNow - 40s};
  EXPECT_THAT(lines(snapshot)[22], StartsWith("Cancel sendMail 01: not done yet after 40.0 s"));
  snapshot.news = ActionNews{"It is cancelled.", ActionNews::Kind::Done, kNow - 5s};
  EXPECT_THAT(lines(snapshot)[22], StartsWith("It is cancelled."));
  snapshot.news->at = kNow - 10s;
  EXPECT_THAT(lines(snapshot)[22], Not(HasSubstr("It is cancelled."))) << "it goes after ten seconds";
  snapshot.news = ActionNews{"It cannot be cancelled.", ActionNews::Kind::Failed, kNow - 29s};
  EXPECT_THAT(lines(snapshot)[22], StartsWith("It cannot be cancelled.")) << "an error stays for half a minute";
}

TEST_F(View, AFrozenScreenSaysSo) {
  ui.isFrozen = true;
  EXPECT_THAT(lines(fleet())[0], StartsWith("leptir top FROZEN"));
}

TEST_F(View, AnInstanceWithoutACardStandsOut) {
  auto snapshot = fleet();
  snapshot.instances[1].hasCard = false;
  EXPECT_THAT(lines(snapshot)[0], HasSubstr("2 instances (1 without a card)"));
  ui.page = Page::Instances;
  EXPECT_THAT(shown(snapshot), HasSubstr("no card"));
}

}  // namespace
}  // namespace leptir::top
