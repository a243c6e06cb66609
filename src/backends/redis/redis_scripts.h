// What must happen in one step on the server: a Lua script each. They take tasks as opaque bytes, whole batches per
// call, lists as blocks (all numbers, then all envelopes, …), and look at everything before they write anything, since
// a script that fails keeps what it wrote.
#pragma once

#include "backends/redis/redis_connection.h"

namespace leptir {

struct RedisScripts {
  // `version` as redisVersion() answers: a server before 7 has another way to say that a script must also run when
  // memory is short.
  explicit RedisScripts(int version);

  // A script of a session answers this when the session was claimed or closed, and has done nothing then.
  static constexpr std::int64_t kLost = -1;

  // queue ids buriedTasks sessions wake cancel | leasedPrefix n ids dues envelopes → how many were added. An empty due:
  // now.
  RedisScript push;
  // sessions epoch cards | "instance:" epoch session lease card → 1, or 0: this or a later epoch was there before
  RedisScript open;
  // queue leased sessions lease cancel ids buried buriedTasks left front places | session limit bytes largest hold →
  // [first number, wishes?, envelopes], numbers are consecutive; or [0, µs until the next is due or -1, []]. What has
  // more than `largest` bytes is buried, without being sent to anyone. The member at rank 0 is left alone for `hold`
  // µs.
  RedisScript lease;
  // sessions leased cancel | session lease n numbers ids longest → [positions of lost ones, positions of cancelled, by
  // whom]; of whom it answers so many bytes at most
  RedisScript renew;
  // sessions leased ids cancel places | session n known numbers ids → positions of those that were not there; none when
  // `known` is "held": the caller has leased all of them and settled none
  RedisScript acknowledge;
  // sessions leased queue ids wake left places | session n most numbers dues envelopes ids places untils → positions of
  // those that were not there. An empty due: where it stood, which `places` says where `ids` cannot. Until: the session
  // leaves it to others so long, of at most `most`; when it leaves so many already, it is due then.
  RedisScript release;
  // sessions leased ids cancel buried buriedTasks places | session n numbers ids spareIds values → positions likewise.
  // A task without an id, or whose id is buried already, gets its spare one.
  RedisScript bury;
  // sessions leased queue ids cancel buried buriedTasks wake cards places | session state n numbers delays places
  // envelopes ids values → [how many were given back, whether the session has ended]. `state`: open (a session that
  // ends itself) or claimed. Delay in µs; 0: at its old place, which `places` says where `ids` cannot; empty: it is
  // buried.
  RedisScript giveBack;
  // sessions | "instance:" → how many open sessions it had; they are over and may be claimed
  RedisScript end;
  // sessions | longest ownInstances → [names of all that are claimed, after those whose time is over were, except own
  // ones; beginnings of names longer than `longest`, which were removed; their sizes]
  RedisScript claim;
  // sessions | longest → names, without longer ones
  RedisScript listSessions;
  // cancel | longest ids → who asked to cancel each task, cut to so many bytes; nil: no request
  RedisScript wishesOf;
  // queue sessions buriedTasks | leasedPrefix → [due, scheduled, leased, buried]
  RedisScript count;
  // queue ids cancel | member id → 1: it waited and is gone
  RedisScript takeWaiting;
  // buried buriedTasks ids | id → 1: it was buried and is gone
  RedisScript takeBuried;
  // leased ids buried buriedTasks | cursor most buries step → [next cursor or "0", lease numbers, how many fields that
  // are none were buried, bytes gone through, how many fields there are]. All fields where there are `most` at most; of
  // more, with the cursor "some", `most` at random; else those of one step of HSCAN. Other fields than lease numbers
  // are left out, and with "bury" buried, `most` of them at most.
  RedisScript lookAtHeld;
  // leased ids buried buriedTasks | least kind reason fields → how many were buried: what stands in these fields and
  // has at least so many bytes, without being sent to anyone, under ids that begin with `kind`
  RedisScript buryUnread;
  // queue | cursor count id escapedId largest → [cursor, (member score) …, bytes gone through]: a step of ZSCAN,
  // without the members that cannot have this id
  RedisScript scan;
  // queue | score first count bytes largest → [first of the next step or "0", members with this score]
  RedisScript atScore;
  // leased cancel | number id by → 1: it is leased, and the wish stands
  RedisScript wish;
  // queue ids buried buriedTasks wake | n ids values envelopes marks → how many were buried still, with these values. A
  // mark stands before the place in `ids`.
  RedisScript revive;
  // queue sessions buried left ids cards cancel buriedTasks leased places lease front epoch wake | name: tries what the
  // others do. `left`, `leased` and `epoch` are of a session that never was, `name` stands nowhere.
  RedisScript tryRights;
};

}  // namespace leptir
