// The Lua scripts of a queue: each does what must happen in one atomic step on the server. They treat envelopes as
// opaque bytes and handle a whole batch for each call. Lists are passed as blocks (all lease numbers, then all
// envelopes, …). A script checks all its keys before it writes, since a script that fails keeps what it wrote.
// The comment of a script reads: its keys | its arguments → its reply.
#pragma once

#include "backends/redis/redis_connection.h"

namespace leptir::redis {

struct RedisScripts {
  // `version` as redisVersion(): Redis 7 and older servers differ in how a script says that it must run when memory is
  // short.
  explicit RedisScripts(int version);

  // A script of a session returns this, having done nothing, when the session was claimed or closed.
  static constexpr std::int64_t kLost = -1;

  // queue ids buriedTasks sessions wake cancel | leasedPrefix n ids dues envelopes → how many tasks were added. An
  // empty due: now.
  RedisScript push;
  // sessions epoch cards | "instance:" epoch session lease card → 1, or 0: this epoch or a later one was opened before
  RedisScript open;
  // queue leased sessions lease cancel ids buried buriedTasks left front places | session limit bytes largest hold →
  // [first lease number, number of cancel requests, envelopes], the lease numbers are consecutive; or [0, µs until the
  // next task is due or -1, []]. A member of more than `largest` bytes is buried without being sent to a client. The
  // member at rank 0 is left to PHP consumers for `hold` µs.
  RedisScript lease;
  // sessions leased cancel | session lease n numbers ids longest → [positions of lost leases, positions of leases to
  // cancel, who requested each cancellation, cut to `longest` bytes]
  RedisScript renew;
  // sessions leased ids cancel places | session n known numbers ids → positions of leases that the session does not
  // hold. `known` is "held" when the caller has leased all of these tasks and settled none: the reply is then an empty
  // list.
  RedisScript acknowledge;
  // sessions leased queue ids wake left places | session n most numbers dues envelopes ids places untils → positions of
  // leases that the session does not hold. An empty due: the score that the task had before the lease; `places` has it
  // for tasks that are not in `ids`. An `until` (µs): the session leaves the task to others until then. A session
  // leaves at most `most` tasks to others; a further task becomes due at `until` instead.
  RedisScript release;
  // sessions leased ids cancel buried buriedTasks places | session n numbers ids spareIds values → positions of leases
  // that the session does not hold. A task without an id, or with the id of a buried task, is buried under its spare
  // id.
  RedisScript bury;
  // sessions leased queue ids cancel buried buriedTasks wake cards places | session state n numbers delays places
  // envelopes ids values → [how many tasks were given back, whether the session has ended]. `state`: "open" (the
  // session closes itself) or "claimed". Delays in µs; 0: at the score that the task had before the lease; empty: the
  // task is buried.
  RedisScript giveBack;
  // sessions | "instance:" → how many open sessions the instance had; they are expired now and can be claimed
  RedisScript end;
  // sessions | longest ownInstances → [names of all claimed sessions, beginnings of removed names, sizes of removed
  // names]. Claims all expired sessions but those of `ownInstances` first. Names of more than `longest` bytes are
  // removed.
  RedisScript claim;
  // sessions | longest → names of sessions of at most `longest` bytes
  RedisScript listSessions;
  // cancel | longest ids → who requested the cancellation of each task, cut to `longest` bytes; nil: no user
  RedisScript cancelRequestsOf;
  // queue sessions buriedTasks | leasedPrefix → numbers of tasks: [due, scheduled, leased, buried]
  RedisScript count;
  // queue ids cancel | member id → 1: the task was in the queue and is removed; 0: it was not
  RedisScript removeWaiting;
  // buried buriedTasks ids | id → 1: the task was buried and is removed; 0: it was not
  RedisScript removeBuried;
  // leased ids buried buriedTasks | cursor most buries step → [next cursor or "0", lease numbers, how many other fields
  // were buried, bytes visited, how many fields the session has]. Returns all fields of a session of at most `most`; of
  // a larger session, with the cursor "some", `most` random fields, else those of one HSCAN step. Fields that are no
  // lease numbers are never returned; with `buries` = "bury" at most `most` of them are buried.
  RedisScript listLeaseNumbers;
  // leased ids buried buriedTasks | least kind reason fields → how many were buried: the values of these fields that
  // have at least `least` bytes, under new ids that begin with `kind`, without being sent to a client
  RedisScript buryUnread;
  // queue | cursor count id escapedId largest → [next cursor, [member, score, member, score, …], bytes visited]: one
  // ZSCAN step, without members that certainly have another id
  RedisScript scan;
  // queue | score first count bytes largest → [where the next step begins or "0", members with this score]
  RedisScript atScore;
  // leased cancel | number id by → 1: the task is leased, and the cancel request is stored; 0: it is not leased
  RedisScript requestCancel;
  // queue ids buried buriedTasks wake | n ids values envelopes marks → how many tasks were revived: those still buried
  // with these values. A mark is put before the score in `ids`.
  RedisScript revive;
  // queue sessions buried left ids cards cancel buriedTasks leased places lease front epoch wake | name: executes all
  // commands of the other scripts without changing anything. `left`, `leased` and `epoch` are keys of a session that
  // never existed; no member or field is named `name`.
  RedisScript tryRights;
};

}  // namespace leptir::redis
