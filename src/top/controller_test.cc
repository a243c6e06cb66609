#include "top/controller.h"

#include "top/screens_fixture.h"

namespace leptir::top {
namespace {

using Key = KeyPress::Key;

class Controls : public ScreenTest {
 protected:
  // The only request of these keys, which must be of this kind.
  template <class Kind>
  Kind only(const Snapshot& snapshot, const std::vector<KeyPress>& keys) {
    const auto requests = press(snapshot, keys);
    EXPECT_THAT(requests, SizeIs(1));
    if (requests.size() != 1 || !std::holds_alternative<Kind>(requests[0])) {
      ADD_FAILURE() << "another request";
      return {};
    }
    return std::get<Kind>(requests[0]);
  }
  std::string selected(PaneKind pane) { return ui.stateOf(pane).selected; }
};

TEST_F(Controls, AnActionAsksWithTheNameOfTheTaskAndIsDoneAfterY) {
  const auto snapshot = fleet();
  EXPECT_THAT(press(snapshot, {text("c")}), IsEmpty());
  EXPECT_THAT(lines(snapshot)[22], StartsWith("Cancel sendMail 01aaaaaaaaaa…? y/n"));
  const auto act = only<request::Act>(snapshot, {text("y")});
  EXPECT_EQ(act.action.kind, Action::Kind::Cancel);
  EXPECT_EQ(act.action.id, "01aaaaaaaaaaaaaa");
}

TEST_F(Controls, EveryOtherAnswerDoesNothing) {
  const auto snapshot = fleet();
  for (const auto& answer : {text("n"), text("c"), KeyPress{Key::Enter}, KeyPress{Key::Escape}, text(" ")}) {
    EXPECT_THAT(press(snapshot, {text("c"), answer}), IsEmpty());
    EXPECT_THAT(lines(snapshot)[22], StartsWith("Nothing was done."));
  }
}

TEST_F(Controls, TheQuestionStaysVisibleOnANarrowScreen) {
  const auto snapshot = fleet();
  press(snapshot, {text("c")});
  EXPECT_THAT(lines(snapshot, {20, 5})[4], StartsWith("Cancel sendMail… y/n"));
}

TEST_F(Controls, TheSelectionFollowsItsTaskWhenRowsMove) {
  auto snapshot = fleet();
  press(snapshot, {text("j")});
  ASSERT_EQ(selected(PaneKind::Running), "02bbbbbbbbbbbbbb");
  std::swap(snapshot.instances[0].running[0], snapshot.instances[0].running[1]);
  EXPECT_EQ(only<request::Act>(snapshot, {text("c"), text("y")}).action.id, "02bbbbbbbbbbbbbb");
}

TEST_F(Controls, AnActionIsForTheTaskThatTheQuestionNamedEvenIfItHasEnded) {
  auto snapshot = fleet();
  press(snapshot, {text("c")});
  snapshot.instances[0].running.erase(snapshot.instances[0].running.begin());
  EXPECT_EQ(only<request::Act>(snapshot, {text("y")}).action.id, "01aaaaaaaaaaaaaa");
}

TEST_F(Controls, KeysMoveWithinThePaneAndTabChangesIt) {
  const auto snapshot = fleet();
  press(snapshot, {{Key::Down}, {Key::Down}, {Key::Down}, {Key::Down}});
  EXPECT_EQ(selected(PaneKind::Running), "03cccccccccccccc") << "the last row is the end";
  press(snapshot, {{Key::Home}});
  EXPECT_EQ(selected(PaneKind::Running), "01aaaaaaaaaaaaaa");
  press(snapshot, {{Key::Tab}, {Key::Down}});
  EXPECT_EQ(selected(PaneKind::Failures), "05eeeeeeeeeeeeee");
  press(snapshot, {{Key::BackTab}, {Key::BackTab}});
  EXPECT_EQ(ui.overviewPane, PaneKind::Queues);
}

TEST_F(Controls, ALongPaneScrollsWithTheSelection) {
  auto snapshot = fleet();
  for (int i = 0; i < 50; ++i)
    snapshot.instances[0].running.push_back(running("task-" + std::to_string(100 + i), "mail"));
  press(snapshot, {{Key::End}});
  EXPECT_THAT(shown(snapshot), HasSubstr("03cccccccccc"));
  EXPECT_THAT(shown(snapshot), Not(HasSubstr("01aaaaaaaaaa")));
  press(snapshot, {{Key::Home}});
  EXPECT_THAT(shown(snapshot), HasSubstr("01aaaaaaaaaa"));
}

TEST_F(Controls, AFilterShowsOnlyRowsWithTheText) {
  const auto snapshot = fleet();
  press(snapshot, {text("/")});
  press(snapshot, typed("SEND"));
  EXPECT_THAT(shown(snapshot), HasSubstr("running 1"));
  EXPECT_THAT(lines(snapshot)[22], StartsWith("show only rows with: SEND_"));
  press(snapshot, {{Key::Enter}});
  EXPECT_THAT(lines(snapshot)[22], StartsWith("only rows with 'SEND'"));
  press(snapshot, {{Key::Escape}});
  EXPECT_THAT(shown(snapshot), HasSubstr("running 3"));
}

TEST_F(Controls, AFilterThatMatchesNothingIsNoAction) {
  const auto snapshot = fleet();
  press(snapshot, {text("/"), text("z"), text("z"), {Key::Enter}});
  EXPECT_THAT(press(snapshot, {text("c"), text("y")}), IsEmpty());
  EXPECT_THAT(shown(snapshot), HasSubstr("no row contains 'zz'"));
}

TEST_F(Controls, SGoesThroughTheColumnsAndNumbersFall) {
  const auto snapshot = fleet();
  press(snapshot, typed("sssss"));  // id, name, instance, try, for
  EXPECT_THAT(shown(snapshot), HasSubstr("for↓"));
  EXPECT_EQ(rowsOf(PaneKind::Running, snapshot, ui.stateOf(PaneKind::Running))[0].key, "02bbbbbbbbbbbbbb");
  press(snapshot, {text("S")});
  EXPECT_EQ(rowsOf(PaneKind::Running, snapshot, ui.stateOf(PaneKind::Running))[0].key, "03cccccccccccccc");
  press(snapshot, typed("ss"));
  EXPECT_EQ(ui.stateOf(PaneKind::Running).sortedBy, -1) << "after the last column comes the order of the stores";
}

TEST_F(Controls, EnterLooksIntoATaskAndEscGoesBack) {
  const auto snapshot = fleet();
  EXPECT_EQ(only<request::OpenTaskText>(snapshot, {{Key::Enter}}).textQuery.id, "01aaaaaaaaaaaaaa");
  EXPECT_EQ(ui.page, Page::Text);
  EXPECT_EQ(only<request::OpenTaskText>(snapshot, {text("l")}).textQuery.aspect, TaskAspect::Log);
  EXPECT_EQ(only<request::OpenTaskText>(snapshot, {text("t")}).textQuery.aspect, TaskAspect::Stack);
  EXPECT_EQ(only<request::Act>(snapshot, {text("c"), text("y")}).action.id, "01aaaaaaaaaaaaaa");
  only<request::LeavePage>(snapshot, {{Key::Escape}});
  EXPECT_EQ(ui.page, Page::Overview);
}

TEST_F(Controls, LogAndStackOutsideOfATaskPageSayThatATaskMustBeOpened) {
  const auto snapshot = fleet();
  for (const auto* key : {"l", "t"}) {
    ui = {};
    EXPECT_THAT(press(snapshot, {text(key)}), IsEmpty());
    EXPECT_THAT(lines(snapshot)[22], StartsWith("Press Enter on a task first: then l shows its log"));
    EXPECT_EQ(ui.page, Page::Overview);
  }
}

TEST_F(Controls, EnterOnAQueueListsItsTasksAndTabChangesTheState) {
  const auto snapshot = fleet();
  const auto due = only<request::List>(snapshot, {{Key::BackTab}, {Key::Enter}}).query;
  EXPECT_EQ(due.broker, "local");
  EXPECT_EQ(due.state, ListedState::Due);
  EXPECT_EQ(only<request::List>(snapshot, {{Key::Tab}}).query.state, ListedState::Scheduled);
  EXPECT_EQ(only<request::List>(snapshot, {{Key::BackTab}}).query.state, ListedState::Due);
  const auto done = only<request::List>(snapshot, {{Key::BackTab}}).query;
  EXPECT_EQ(done.state, ListedState::Done);
  EXPECT_EQ(done.broker, "") << "records are not of one queue";
  EXPECT_EQ(only<request::List>(snapshot, {{Key::Tab}}).query.broker, "local");
}

TEST_F(Controls, PagesOfTasksGoForwardsAndBack) {
  auto snapshot = fleet();
  press(snapshot, {{Key::BackTab}, {Key::Enter}});
  snapshot.rows.next = "cursor-2";
  EXPECT_EQ(only<request::List>(snapshot, {text(">")}).query.cursor, "cursor-2");
  EXPECT_THAT(lines(snapshot)[1], StartsWith("due tasks of queue local, page 2"));
  snapshot.rows.next = "";
  EXPECT_THAT(press(snapshot, {text(">")}), IsEmpty());
  EXPECT_THAT(lines(snapshot)[22], StartsWith("This is the last page."));
  EXPECT_EQ(only<request::List>(snapshot, {text("<")}).query.cursor, "");
}

TEST_F(Controls, PPausesAQueueAndResumesAPausedOne) {
  auto snapshot = fleet();
  const auto pause = only<request::Act>(snapshot, {{Key::BackTab}, text("p"), text("y")}).action;
  EXPECT_EQ(pause.kind, Action::Kind::Pause);
  EXPECT_EQ(pause.broker, "local");
  EXPECT_EQ(pause.name, "");
  snapshot.queues[0].pauses = {{.name = ""}};
  EXPECT_EQ(only<request::Act>(snapshot, {text("p"), text("y")}).action.kind, Action::Kind::Resume);
}

TEST_F(Controls, POnATaskPausesItsNameAtAllBrokers) {
  auto snapshot = fleet();
  press(snapshot, {text("p")});
  EXPECT_THAT(lines(snapshot)[22], StartsWith("Pause tasks of name sendMail at all brokers? y/n"));
  EXPECT_EQ(only<request::Act>(snapshot, {text("y")}).action.name, "sendMail");
  snapshot.queues[1].pauses = {{.name = "sendMail"}};
  EXPECT_EQ(only<request::Act>(snapshot, {text("p"), text("y")}).action.kind, Action::Kind::Resume);
}

TEST_F(Controls, DDrainsTheSelectedInstanceAndResumesADrainedOne) {
  auto snapshot = fleet();
  only<request::LeavePage>(snapshot, {text("i")});
  press(snapshot, {text("D")});
  EXPECT_THAT(lines(snapshot)[22], StartsWith("Drain instance web1:7? y/n"));
  EXPECT_EQ(only<request::Act>(snapshot, {text("y")}).action.instance.host, "web1");
  snapshot.instances[0].state = "waiting";  // for a store, say
  EXPECT_EQ(only<request::Act>(snapshot, {text("D"), text("y")}).action.kind, Action::Kind::Drain);
  snapshot.instances[0].drained = true;
  EXPECT_EQ(only<request::Act>(snapshot, {text("D"), text("y")}).action.kind, Action::Kind::ResumeInstance);
}

TEST_F(Controls, MChangesAllTasksOfTheListOnceTheyAreCounted) {
  auto snapshot = fleet();
  only<request::List>(snapshot, {{Key::BackTab}, text("b")});
  snapshot.rows.tasks = {failure("06ffffffffffffff", "sendMail", 1h, "no such mailbox")};
  const auto count = only<request::Count>(snapshot, {text("m"), text("m"), text("r")});
  EXPECT_EQ(*count.action.selection->state, ListedState::Buried);
  EXPECT_EQ(count.action.selection->broker, "local");
  EXPECT_THAT(lines(snapshot)[1], HasSubstr("keys change ALL of these tasks"));
  EXPECT_THAT(lines(snapshot)[22], StartsWith("Revive all buried tasks of queue local: counting them; any key: no"));
  EXPECT_THAT(press(snapshot, {text("y")}), IsEmpty()) << "how many is not known yet";
  const auto again = only<request::Count>(snapshot, {text("r")});
  snapshot.count = TaskCount{.countId = again.countId, .preview = {.count = 17}};
  EXPECT_THAT(lines(snapshot)[22], StartsWith("Revive 17 buried tasks of queue local? y/n"));
  EXPECT_EQ(only<request::Act>(snapshot, {text("y")}).action.kind, Action::Kind::Revive);
  EXPECT_THAT(lines(snapshot)[1], Not(HasSubstr("keys change"))) << "m holds for one action";
  press(snapshot, {text("d")});
  EXPECT_THAT(lines(snapshot)[22], StartsWith("Delete sendMail 06fff"));
}

TEST_F(Controls, AtItsEndALogIsFollowedAndElsewhereItStays) {
  auto snapshot = fleet();
  press(snapshot, {{Key::Enter}, text("l")});
  const auto grow = [&](int count) {
    snapshot.text = {.answeredAt = kNow};
    for (int i = 1; i <= count; ++i) snapshot.text.text += "line " + std::to_string(i) + ".\n";
  };
  grow(40);
  EXPECT_THAT(shown(snapshot), HasSubstr("line 1.")) << "a log is shown from its beginning";
  grow(50);
  EXPECT_THAT(shown(snapshot), HasSubstr("line 1."));
  press(snapshot, {{Key::End}});
  EXPECT_THAT(shown(snapshot), HasSubstr("line 50."));
  grow(60);
  EXPECT_THAT(shown(snapshot), HasSubstr("line 60."));
  press(snapshot, {{Key::Up}});
  EXPECT_THAT(shown(snapshot), Not(HasSubstr("line 60.")));
  grow(70);
  EXPECT_THAT(shown(snapshot), HasSubstr("line 59."));
}

TEST_F(Controls, ALogThatFitsTheScreenIsFollowedWhenItGrowsBeyond) {
  auto snapshot = fleet();
  press(snapshot, {{Key::Enter}, text("l")});
  snapshot.text = {.text = "first\n", .answeredAt = kNow};
  EXPECT_THAT(shown(snapshot), HasSubstr("first"));
  for (int i = 0; i < 40; ++i) snapshot.text.text += "more\n";
  snapshot.text.text += "last\n";
  EXPECT_THAT(shown(snapshot), HasSubstr("last"));
}

TEST_F(Controls, ANoticeGoesAfterTenSeconds) {
  auto snapshot = fleet();
  press(snapshot, {text("c"), text("n")});
  snapshot.now = kNow + 9s;
  EXPECT_THAT(lines(snapshot)[22], StartsWith("Nothing was done."));
  snapshot.now = kNow + 10s;
  EXPECT_THAT(lines(snapshot)[22], Not(HasSubstr("Nothing was done.")));
}

TEST_F(Controls, MOnceChangesAllTasksOfTheSelectedName) {
  auto snapshot = fleet();
  only<request::List>(snapshot, {text("b")});
  snapshot.rows.tasks = {failure("06ffffffffffffff", "sendMail", 1h, "no such mailbox")};
  const auto count = only<request::Count>(snapshot, {text("m"), text("d")});
  EXPECT_EQ(count.action.selection->name, "sendMail");
  EXPECT_EQ(count.action.selection->broker, "");
  snapshot.count = TaskCount{.countId = count.countId, .preview = {.count = 10'000, .isExact = false}};
  EXPECT_THAT(lines(snapshot)[22],
              StartsWith("Delete more than 10000 buried tasks of name sendMail from their queue? y/n"));
  snapshot.count->countId = 0;
  EXPECT_THAT(press(snapshot, {text("y")}), IsEmpty()) << "the count of another question";
}

TEST_F(Controls, AKeyThatMeansNothingHereSaysWhy) {
  const auto snapshot = fleet();
  EXPECT_THAT(press(snapshot, {{Key::BackTab}, text("c"), text("y")}), IsEmpty());
  press(snapshot, {text("c")});
  EXPECT_THAT(lines(snapshot)[22], HasSubstr("select a task first"));
}

TEST_F(Controls, QuitAsksWhileAnActionIsNotDone) {
  auto snapshot = fleet();
  only<request::Quit>(snapshot, {text("q")});
  snapshot.news = ActionNews{"Cancel", ActionNews::Kind::Running, kNow};
  EXPECT_THAT(press(snapshot, {text("q"), text("n")}), IsEmpty());
  only<request::Quit>(snapshot, {text("q"), text("y")});
}

TEST_F(Controls, PlusAndMinusChangeTheIntervalWithinLimits) {
  const auto snapshot = fleet();
  EXPECT_EQ(only<request::SetInterval>(snapshot, {text("+")}).interval, 4s);
  for (int i = 0; i < 10; ++i) press(snapshot, {text("-")});
  EXPECT_EQ(ui.interval, 500ms);
}

TEST_F(Controls, HelpExplainsTheKeysAndEscGoesBackToThePage) {
  const auto snapshot = fleet();
  press(snapshot, {text("i"), text("?")});
  EXPECT_THAT(shown(snapshot, {80, 60}), HasSubstr("drain the instance"));
  press(snapshot, {{Key::Escape}});
  EXPECT_EQ(ui.page, Page::Instances);
}

TEST_F(Controls, NoKeyOnAnEmptyScreenDoesHarm) {
  const Snapshot nothing{.now = kNow};
  for (const auto page : {Page::Overview, Page::Instances, Page::Tasks, Page::Text, Page::Help}) {
    for (const auto& key : typed("jkcrdnapDsSib<>l t")) {
      ui = {};
      ui.page = page;
      for (const auto& request : press(nothing, {key, text("y")}))
        EXPECT_FALSE(std::holds_alternative<request::Act>(request)) << key.text;
    }
  }
}

}  // namespace
}  // namespace leptir::top
