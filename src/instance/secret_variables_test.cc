#include "instance/secret_variables.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/support/child.h"

namespace leptir::instance {
namespace {

// In a process of its own, since all tests share one environment.
template <class Body>
bool withVariables(Body body) {
  return inChild([&] {
    ::setenv("LEPTIR_TEST_PASSWORD", "hunter2secret", 1);
    ::setenv("LEPTIR_TEST_URL", "redis://:hunter2secret@localhost", 1);
    ::setenv("LEPTIR_TEST_OTHER", "hunter", 1);
    return body();
  });
}

bool isSet(const char* name) {
  return std::getenv(name) != nullptr;
}

TEST(SecretVariables, ThatContainThePasswordAreOverwrittenAndRemoved) {
  EXPECT_TRUE(withVariables([] {
    const char* const value = std::getenv("LEPTIR_TEST_PASSWORD");
    wipeVariablesWith("hunter2secret");
    return value[0] == '\0' && value[12] == '\0' && !isSet("LEPTIR_TEST_PASSWORD") && !isSet("LEPTIR_TEST_URL") &&
           isSet("LEPTIR_TEST_OTHER") && isSet("PATH");
  }));
}

TEST(SecretVariables, ThatArePartsOfAPasswordAreRemovedUnlessTheyAreShort) {
  EXPECT_TRUE(withVariables([] {
    wipeVariablesWith("prefix-hunter2secret");
    return !isSet("LEPTIR_TEST_PASSWORD") && isSet("LEPTIR_TEST_URL") && isSet("LEPTIR_TEST_OTHER");
  }));
}

TEST(SecretVariables, OfAConnectionAreThoseOfItsPasswordAndOfItsSecretKeys) {
  for (const auto* key : {"password", "sqs_secret", "session_token"}) {
    EXPECT_TRUE(withVariables([key] {
      wipeVariablesOf({{"sqs_key", "hunter"}, {key, "hunter2secret"}});
      return !isSet("LEPTIR_TEST_PASSWORD") && !isSet("LEPTIR_TEST_URL") && isSet("LEPTIR_TEST_OTHER");
    })) << key;
  }
}

TEST(SecretVariables, AreRemovedForAShortPasswordOnlyIfTheyEqualIt) {
  EXPECT_TRUE(withVariables([] {
    wipeVariablesWith("hunter");
    wipeVariablesWith("");
    return isSet("LEPTIR_TEST_PASSWORD") && isSet("LEPTIR_TEST_URL") && !isSet("LEPTIR_TEST_OTHER");
  }));
}

}  // namespace
}  // namespace leptir::instance
