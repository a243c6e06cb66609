#include "web/listen_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"

namespace leptir::web {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(ListenSocket, ListensAtNumbersAndNames) {
  for (const auto* host : {"127.0.0.1", "localhost", "::1"}) {
    const auto socket = listenAt({.host = host, .port = freePort()});
    if (!socket && std::string_view(host) == "::1") continue;  // a machine without IPv6
    EXPECT_TRUE(socket) << socket.error().message();
  }
}

TEST(ListenSocket, AnAddressInUseIsNamedWithWhatToDo) {
  const int port = freePort();
  const auto first = listenAt({.host = "127.0.0.1", .port = port});
  ASSERT_TRUE(first) << first.error().message();
  const auto second = listenAt({.host = "127.0.0.1", .port = port});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::Unavailable);
  EXPECT_EQ(second.error().message(),
            "cannot listen at 127.0.0.1:" + std::to_string(port) +
                ": address already in use: another program or instance listens there; stop it, or give this instance "
                "another port");
}

TEST(ListenSocket, AnAddressOfAnotherMachineIsRefused) {
  const auto socket = listenAt({.host = "192.0.2.1", .port = freePort()});
  ASSERT_FALSE(socket);
  EXPECT_THAT(socket.error().message(), HasSubstr("no network interface of this machine has this address"));
}

TEST(ListenSocket, AnUnknownNameIsRefused) {
  const auto socket = listenAt({.host = "no-such-host.invalid", .port = freePort()});
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code(), ErrorCode::Unavailable);
  EXPECT_THAT(socket.error().message(), HasSubstr("cannot listen at no-such-host.invalid:"));
}

TEST(ListenSocket, AUnixSocketIsForItsOwnerAndGroupAndReplacesOneThatIsLeft) {
  const TempDir folder;
  const base::ListenAddress address{.path = folder / "s.sock"};
  {
    const auto first = listenAt(address);
    ASSERT_TRUE(first) << first.error().message();
    struct stat info{};
    ASSERT_EQ(::stat(address.path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0660u);
    EXPECT_THAT(listenAt(address).error().message(),
                AllOf(HasSubstr("address already in use"), HasSubstr("another path")))
        << "its server lives";
  }
  EXPECT_TRUE(std::filesystem::exists(address.path));
  EXPECT_TRUE(listenAt(address));
}

TEST(ListenSocket, AFileThatIsNoSocketIsLeftAlone) {
  const TempDir folder;
  const auto file = folder.write("file", "text");
  EXPECT_THAT(listenAt({.path = file}).error().message(),
              HasSubstr(": a file that is no socket has this name; remove it"));
  EXPECT_EQ(readWholeFile(file), "text");
}

}  // namespace
}  // namespace leptir::web
