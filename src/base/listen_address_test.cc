#include "base/listen_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leptir::base {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ListenAddress, IsReadFromEachFormAndWrittenAsItWasRead) {
  for (const auto* text : {"127.0.0.1:9464", "[::1]:9464", "[::]:1", "localhost:65535", "metrics_1.example-a.org:9464",
                           "unix:/run/leptir/metrics.sock"}) {
    const auto address = parseListenAddress(text);
    ASSERT_TRUE(address) << text << ": " << address.error().message();
    EXPECT_EQ(address->text(), text);
  }
  EXPECT_EQ(parseListenAddress("[::1]:9464")->host, "::1");
  EXPECT_EQ(parseListenAddress("127.0.0.1:9464")->port, 9464);
  EXPECT_EQ(parseListenAddress("unix:/a b")->path, "/a b");
}

TEST(ListenAddress, IsRefusedWithASentenceThatSaysWhatIsWrong) {
  const auto why = [](std::string_view text) {
    const auto address = parseListenAddress(text);
    return address ? std::string() : address.error().message();
  };
  EXPECT_THAT(why(""), HasSubstr("needs an address and a port: write it as 127.0.0.1:9464"));
  EXPECT_THAT(why("9464"), HasSubstr("needs an address and a port"));
  EXPECT_THAT(why(":9464"), HasSubstr("needs an address before the port (127.0.0.1 for this machine alone"));
  for (const auto* port : {"127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:http", "127.0.0.1:-1",
                           "127.0.0.1:80 ", "127.0.0.1:99999999999999999999"})
    EXPECT_THAT(why(port), HasSubstr("its port must be a number from 1 to 65535")) << port;
  EXPECT_THAT(why("::1:9464"), HasSubstr("an IPv6 address must stand in brackets"));
  EXPECT_THAT(why("[127.0.0.1]:9464"), HasSubstr("no IPv6 address"));
  EXPECT_THAT(why("http://127.0.0.1:9464"), HasSubstr("neither a number nor a name of a host"));
  EXPECT_THAT(why("unix:metrics.sock"), HasSubstr("must be absolute"));
  EXPECT_THAT(why("unix:/" + std::string(107, 'x')), HasSubstr("at most 107 bytes, and this one has 108"));
  EXPECT_THAT(why("s3cret"), Not(HasSubstr("s3cret")));
}

TEST(ListenAddress, SaysWhetherOtherMachinesCanConnect) {
  for (const auto* text : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1", "unix:/run/x"})
    EXPECT_TRUE(isLocalOnly(*parseListenAddress(text))) << text;
  for (const auto* text : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "metrics.example.org:1"})
    EXPECT_FALSE(isLocalOnly(*parseListenAddress(text))) << text;
}

}  // namespace
}  // namespace leptir::base
