// A test of a task without any test framework, built against the installed leptir::testing alone.
#include <leptir/testing.h>

#include <iostream>

struct Greeting {
  std::string name;
};
LEPTIR_PARAMETERS(Greeting, name)

int main() {
  leptir::TaskRegistry tasks;
  tasks.add<Greeting>("greet", [](const Greeting& greeting, leptir::TaskContext& task) {
    task.addResponseLine("Hello, " + greeting.name);
  });
  leptir::testing::TestInstance instance(tasks);
  const auto id = instance.broker().push("greet", Greeting{"Anna"});
  const auto runs = instance.runAll();
  if (id && runs.size() == 1 && instance.record(*id)["respM"] == "Hello, Anna") return 0;
  for (const auto& run : runs) std::cerr << run << '\n';
  return 1;
}
