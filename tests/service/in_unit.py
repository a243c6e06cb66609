"""Runs a command under the rights that a systemd unit gives, without systemd, for a test of the unit's text.

Arguments: the unit, a folder that may be written, the command. Run it as root in a mount namespace of its own.
What is applied is read from the unit: User, LimitNOFILE, LimitCORE, UMask, NoNewPrivileges, CapabilityBoundingSet,
ProtectSystem, SystemCallFilter, SystemCallErrorNumber, RestrictAddressFamilies, RestrictNamespaces,
MemoryDenyWriteExecute, RestrictSUIDSGID. A setting that is missing in the unit is not applied, so that the test shows it.
"""
import collections
import ctypes
import errno
import grp
import os
import pwd
import resource
import socket
import subprocess
import sys

import seccomp

libc = ctypes.CDLL(None, use_errno=True)
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
CLONE_NAMESPACES = 0x7E020000 | 0x00000080  # all CLONE_NEW… flags that clone(2) takes
MAP_FLAGS_WRITE_AND_EXECUTE = 2 | 4


def settings_of(path):
    settings = collections.defaultdict(list)
    with open(path, encoding="utf-8") as unit:
        for line in unit:
            key, equals, value = line.strip().partition("=")
            if equals and not line.startswith("#"):
                settings[key].append(value)
    return settings


def groups_of_calls():
    """The names of the groups (@process …) with what each holds, from systemd itself."""
    text = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=True).stdout
    groups, name = {}, None
    for line in text.splitlines():
        if line.startswith("@"):
            name = line.strip()
            groups[name] = []
        elif not line.startswith(" "):
            name = None
        elif name and not line.strip().startswith("#"):
            groups[name].append(line.strip())
    return groups


def calls_of(words, groups):
    calls = set()
    for word in words:
        calls |= calls_of(groups[word], groups) if word.startswith("@") else {word}
    return calls


def allowed_calls(lines):
    groups = groups_of_calls()
    allowed = calls_of(["@default"], groups)
    for line in lines:
        if line.startswith("~"):
            allowed -= calls_of(line[1:].split(), groups)
        else:
            allowed |= calls_of(line.split(), groups)
    return allowed


def add_rules(rules, settings, refuse):
    if "RestrictAddressFamilies" in settings:
        allowed = [getattr(socket, name) for name in settings["RestrictAddressFamilies"][0].split()]
        for family in set(range(0, 46)) - set(allowed):
            rules.add_rule_exactly(refuse(errno.EAFNOSUPPORT), "socket", seccomp.Arg(0, seccomp.EQ, family))
    if settings["RestrictNamespaces"] == ["yes"]:
        for bit in range(32):
            if CLONE_NAMESPACES >> bit & 1:
                flag = 1 << bit
                for call in ("clone", "unshare"):
                    rules.add_rule_exactly(refuse(errno.EPERM), call, seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
    if settings["MemoryDenyWriteExecute"] == ["yes"]:
        both = MAP_FLAGS_WRITE_AND_EXECUTE
        rules.add_rule_exactly(refuse(errno.EPERM), "mmap", seccomp.Arg(2, seccomp.MASKED_EQ, both, both))
        rules.add_rule_exactly(refuse(errno.EPERM), "mprotect", seccomp.Arg(2, seccomp.MASKED_EQ, 4, 4))
    if settings["RestrictSUIDSGID"] == ["yes"]:
        for call, argument in (("chmod", 1), ("fchmod", 1), ("fchmodat", 2)):
            for bit in (0o4000, 0o2000):
                rules.add_rule_exactly(refuse(errno.EPERM), call, seccomp.Arg(argument, seccomp.MASKED_EQ, bit, bit))


def filters(settings):
    """Two filters, since one refuses by name and the other by arguments; the kernel takes the stricter answer."""
    names = seccomp.SyscallFilter(seccomp.ERRNO(getattr(errno, settings["SystemCallErrorNumber"][0])))
    for call in allowed_calls(settings["SystemCallFilter"]):
        try:
            names.add_rule(seccomp.ALLOW, call)
        except (RuntimeError, OSError):
            pass  # a call of another architecture
    arguments = seccomp.SyscallFilter(seccomp.ALLOW)
    add_rules(arguments, settings, seccomp.ERRNO)
    return names, arguments


def make_files_read_only(settings, written):
    assert settings["ProtectSystem"] == ["strict"], settings["ProtectSystem"]
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "--bind", written, written], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", "/"], check=True)


def drop_rights(settings):
    if settings["CapabilityBoundingSet"] == [""]:
        for capability in range(64):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    user = pwd.getpwnam(settings["User"][0])
    os.setgroups([group.gr_gid for group in grp.getgrall() if user.pw_name in group.gr_mem])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    if settings["NoNewPrivileges"] == ["yes"]:
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def main():
    unit, written, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    settings = settings_of(unit)
    most_here = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(int(settings["LimitNOFILE"][0]), most_here),) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (int(settings["LimitCORE"][0]),) * 2)
    os.umask(int(settings["UMask"][0], 8))
    prepared = filters(settings)
    make_files_read_only(settings, written)
    os.chdir(written)
    environment = {"PATH": "/usr/bin:/bin", "HOME": written, "XDG_STATE_HOME": written}
    drop_rights(settings)
    for each in reversed(prepared):
        each.load()
    os.execve("/bin/" + command[0], command, environment)


main()
