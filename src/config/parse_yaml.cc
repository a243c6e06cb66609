#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>

#include "base/escape.h"
#include "config/parse.h"

namespace leptir::config {
namespace {

constexpr auto kMergeKeysUnsupported =
    "merge keys (<<) are not supported: repeat the keys, or let an alias stand for the whole map (other: *name)";

// Thrown within an event to end the parser, after the error was added.
struct ParsingStopped {};

// The events of yaml-cpp's parser. Unlike its document tree, they show duplicate keys, quotes, and aliases before these
// are expanded.
class YamlEvents final : public YAML::EventHandler {
 public:
  explicit YamlEvents(ConfigErrors& errors) : errors_(errors), builder_(errors) {}

  Node takeTree() { return builder_.takeTree(); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (sawDocument_) fail(mark, "a second YAML document begins here: keep only the first");
    sawDocument_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuseAsKey(mark);
    stopParsingUnless(builder_.null(lineOf(mark)));
    rememberAnchored(anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const bool isText = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!isText && tag != "?" && !tag.empty()) fail(mark, "tag " + base::inQuotes(tag) + " is not known: leave it out");
    if (builder_.expectsKey()) {
      if (value == "<<" && !isText) fail(mark, kMergeKeysUnsupported);
      builder_.key(lineOf(mark), value);
      return;
    }
    stopParsingUnless(builder_.scalar(lineOf(mark), value, isText));
    rememberAnchored(anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuseAsKey(mark);
    const auto node = anchored_.find(anchor);
    if (node == anchored_.end()) fail(mark, "this alias stands inside of the value that it refers to");
    stopParsingUnless(builder_.copy(node->second));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuseAsKey(mark);
    refuseTag(mark, tag);
    stopParsingUnless(builder_.startList(lineOf(mark)));
    openAnchors_.push_back(anchor);
  }
  void OnSequenceEnd() override { end(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    refuseAsKey(mark);
    refuseTag(mark, tag);
    stopParsingUnless(builder_.startMap(lineOf(mark)));
    openAnchors_.push_back(anchor);
  }
  void OnMapEnd() override { end(); }

  static int lineOf(const YAML::Mark& mark) { return mark.is_null() ? 1 : mark.line + 1; }

 private:
  [[noreturn]] void fail(const YAML::Mark& mark, std::string what) {
    errors_.add(lineOf(mark), std::move(what));
    throw ParsingStopped();
  }
  static void stopParsingUnless(bool good) {
    if (!good) throw ParsingStopped();
  }
  void refuseAsKey(const YAML::Mark& mark) {
    if (builder_.expectsKey()) fail(mark, "a key must be a text");
  }
  void refuseTag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!")
      fail(mark, "tag " + base::inQuotes(tag) + " is not known: leave it out");
  }
  void end() {
    builder_.end();
    const auto anchor = openAnchors_.back();
    openAnchors_.pop_back();
    rememberAnchored(anchor);
  }
  void rememberAnchored(YAML::anchor_t anchor) {
    if (anchor != 0) anchored_.insert_or_assign(anchor, builder_.last());
  }

  ConfigErrors& errors_;
  NodeBuilder builder_;
  bool sawDocument_ = false;
  std::vector<YAML::anchor_t> openAnchors_;  // of each open list and map; 0: none
  std::map<YAML::anchor_t, Node> anchored_;
};

}  // namespace

Node parseYaml(std::string_view text, ConfigErrors& errors) {
  std::istringstream stream{std::string(text)};
  YamlEvents events(errors);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(events)) continue;
  } catch (const ParsingStopped&) {
    return {};
  } catch (const YAML::Exception& error) {
    errors.add(YamlEvents::lineOf(error.mark), "not valid YAML: " + base::escaped(error.msg));
  } catch (const std::exception& error) {
    errors.add(1, "not valid YAML: " + base::escaped(error.what()));
  }
  return events.takeTree();
}

}  // namespace leptir::config
