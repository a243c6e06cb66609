#include "master/autopsy.h"

#include <csignal>

#include "master/stack_resolver.h"

namespace leptir {
namespace {

constexpr Duration kLongest = std::chrono::seconds(1);

int perform(Slot& slot, std::size_t cell, const LastWords& words) {
  slot.writeAutopsy(cell, encodeAutopsy(nameException(words), {}));  // should the rest take too long
  slot.writeAutopsy(cell, encodeAutopsy(nameException(words), resolveStack(words)));
  return 0;
}

}  // namespace

std::optional<Autopsy> Autopsy::begin(Children& children, Slot& slot, std::size_t cell,
                                      std::shared_ptr<const LastWords> words, BootTime now) {
  slot.openAutopsy(cell);
  auto child = children.start("An autopsy", [&children, &slot, cell, words = std::move(words)] {
    children.board.makeReadOnly();
    return perform(slot, cell, *words);
  });
  if (child) return Autopsy(std::move(*child), slot, cell, now + kLongest);
  slot.closeAutopsy(cell);
  return std::nullopt;
}

void Autopsy::end() {
  slot_->closeAutopsy(cell_);
}

bool Autopsy::tick(BootTime now) {
  if (killed_ || now < until_) return false;
  child_.signal(SIGKILL);
  killed_ = true;
  return true;
}

}  // namespace leptir
