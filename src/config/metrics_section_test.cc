// `metrics` of the configuration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config_test_support.h"

namespace leptir::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(MetricsSection, MetricsAreServedNowhereUnlessTheFileSaysWhere) {
  EXPECT_EQ(readYaml(withBroker(""))->metrics.listen, "");
  EXPECT_EQ(readYaml(withBroker("metrics: {}"))->metrics.listen, "");
}

TEST(MetricsSection, ReadsTheAddress) {
  EXPECT_EQ(readYaml(withBroker("metrics: {listen: 127.0.0.1:9464}"))->metrics.listen, "127.0.0.1:9464");
  EXPECT_EQ(readYaml(withBroker("metrics: {listen: '[::1]:9464'}"))->metrics.listen, "[::1]:9464");
  EXPECT_EQ(
      readJsonConfig(R"({"brokers": [{"type": "server"}], "metrics": {"listen": "unix:/run/m.sock"}})")->metrics.listen,
      "unix:/run/m.sock");
}

TEST(MetricsSection, AnAddressThatIsNoneIsRefusedWithItsLine) {
  EXPECT_EQ(errorsIn(withBroker("metrics:\n  listen: 127.0.0.1")),
            "3: 'listen' of 'metrics' must be an address to listen at: it needs an address and a port: write it as "
            "127.0.0.1:9464, [::1]:9464 or unix:/run/leptir/metrics.sock");
  EXPECT_THAT(errorsIn(withBroker("metrics: {listen: 9464}")), HasSubstr("'listen' of 'metrics'"));
  EXPECT_THAT(errorsIn(withBroker("metrics: {listen: [a]}")), HasSubstr("'listen' of 'metrics'"));
  EXPECT_THAT(errorsIn(withBroker("metrics: 127.0.0.1:9464")), HasSubstr("'metrics'"));
}

TEST(MetricsSection, AnUnknownKeyIsRefusedWithTheMostSimilarOne) {
  EXPECT_THAT(errorsIn(withBroker("metrics: {listne: 127.0.0.1:9464}")),
              AllOf(HasSubstr("unknown key 'listne' in 'metrics'"), HasSubstr("listen")));
}

}  // namespace
}  // namespace leptir::config
