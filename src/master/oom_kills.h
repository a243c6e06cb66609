// How often the kernel killed a process of our cgroup because memory ran out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace leptir {

// By the kernel's counter since the cgroup was made (`oom_kill` of memory.events, or of memory.oom_control in the older
// hierarchy). None: there is no such cgroup here, or it does not count. `membership` is the text of /proc/self/cgroup.
std::optional<std::uint64_t> oomKills(std::string_view membership, const std::filesystem::path& cgroups);
// Of this process.
std::optional<std::uint64_t> oomKills();

}  // namespace leptir
