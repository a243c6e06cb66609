// How often the kernel killed a process of our cgroup because memory ran out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace leptir::master {

// Reads the kernel's counter, which counts since the cgroup was created (`oom_kill` of memory.events, or in cgroup v1
// of memory.oom_control). None: the cgroup is not visible here, or has no counter. `membership`: text of
// /proc/self/cgroup.
std::optional<std::uint64_t> oomKills(std::string_view membership, const std::filesystem::path& cgroups);
// The same for the cgroup of this process.
std::optional<std::uint64_t> oomKills();

}  // namespace leptir::master
