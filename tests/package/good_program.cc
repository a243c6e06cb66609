// Every use that the public headers permit. Must compile without a warning under the flags of the programs in
// mistakes/.
#include <leptir/leptir.h>

using namespace std::chrono_literals;

struct Resize {
  std::string source;
  int width = 640;
};
LEPTIR_PARAMETERS(Resize, source, optional(width))

// The types of docs/guide/parameters.md.
namespace images {

enum class Fit { Cover, Contain };
LEPTIR_ENUM(Fit, {Fit::Cover, "cover"}, {Fit::Contain, "contain"})

struct Size {
  int width = 640;
  int height = 480;
};
LEPTIR_PARAMETERS(Size, width, height)

struct Thumbnail {
  std::string source;                   // required
  Size size;                            // required, and so are size.width and size.height
  Fit fit = Fit::Cover;                 // optional: Fit::Cover if the task does not have it
  int quality = 90;                     // optional
  std::optional<std::string> target{};  // optional by its type
  std::vector<Size> copies{};           // optional: no copies
};
LEPTIR_PARAMETERS(Thumbnail, source, size, optional(fit, quality), target, optional(copies))

struct Cleanup {
  std::string folder;
};
LEPTIR_STRICT_PARAMETERS(Cleanup, folder)

}  // namespace images

// What nlohmann's macros describe, and from_json and to_json functions, work as well.
struct Legacy {
  int width = 640;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Legacy, width)

class Task final : public leptir::BaseTask {
  leptir::ExitStatus doJob() override { return leptir::ExitStatus::Success; }
};

leptir::ExitStatus freeFunction(const Resize&, leptir::TaskContext&) {
  return leptir::ExitStatus::Warning;
}

void addTo(leptir::TaskRegistry& tasks) {
  tasks.add<Task>("class");
  tasks.add<Resize>("nothing", [](const Resize&, leptir::TaskContext&) {});
  tasks.add<Resize>("by value, mutable", [count = 0](Resize, leptir::TaskContext&) mutable { ++count; });
  tasks.add<Resize>("status", freeFunction);
  tasks.add("object", [](const leptir::Json& object, leptir::TaskContext&) { return object; });
  tasks.add<Resize>("json", [](const Resize& resize, leptir::TaskContext&) { return leptir::Json(resize.width); });
  tasks.add<Resize>("text", [](const Resize& resize, leptir::TaskContext&) { return resize.source; });
  tasks.add<Resize>("struct", [](const Resize& resize, leptir::TaskContext&) { return resize; });
  tasks.add<Legacy>("legacy", [](const Legacy& legacy, leptir::TaskContext&) { return legacy; });
  tasks.add<images::Thumbnail>("thumbnail", [](const images::Thumbnail& image, leptir::TaskContext& task) {
    task.logInfo(image.source + " to " + image.target.value_or("thumbnails/"));
  });
  tasks.add<images::Cleanup>("cleanup", [](const images::Cleanup&, leptir::TaskContext&) {});
  tasks.add<std::map<std::string, int>>("map", [](const auto& map, leptir::TaskContext&) { return map; });
}

bool push(leptir::Broker& broker) {
  const auto options = leptir::PushOptions{.timeOfExecution = leptir::systemClock().now(), .maxAttempts = 3};
  const auto soon = broker.push("nothing", Resize{"a.png", 320}, {.delay = 5min});
  const auto braces = broker.push("json", {{"source", "b.png"}, {"width", 2}}, options);
  const auto one = broker.push("json", {{"width", 2}});
  const auto none = broker.push("class", {});
  const auto several = broker.pushTasks(std::vector<leptir::TaskToPush>{{.name = "class"}, {.name = "status"}});
  const auto thumbnail = broker.push("thumbnail", images::Thumbnail{.source = "a.png", .size = {320, 240}});
  return thumbnail && soon && braces && one && none && several;
}

leptir::ProgramSpec program() {
  return {.command = {"/bin/true"}};
}

leptir::TaskRules rules() {
  return {.timeLimit = 5s, .limits = {.memory = 1 << 20}};
}
