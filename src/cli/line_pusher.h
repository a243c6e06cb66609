// `push --stdin`: reads lines, pushes the good ones in batches and names the bad ones.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/id_printer.h"
#include "cli/line_reader.h"
#include "cli/push_notes.h"
#include "leptir/broker.h"

namespace leptir {

class LinePusher {
 public:
  // `defaults` hold where a line says nothing. The references outlive it.
  LinePusher(Broker& broker, NameCheck& names, IdPrinter printer, PushOptions defaults);

  // Until the input ends; answers the exit status.
  int run();

 private:
  // Ids are made here, so that what is pushed again is added once.
  struct Line {
    std::size_t number = 0;
    TaskToPush task;
    bool hasOwnId = false;
    bool pushed = false;
  };
  using Lines = std::vector<Line*>;

  void take(std::string_view line);
  bool isFull() const;
  void pushBatch();
  void pushPart(const Lines& lines);
  void pushOneByOne(const Lines& lines);
  void nameTheBuried(std::size_t broker, const Lines& lines);
  void printPushed();
  void complain(std::size_t line, const std::string& why);
  void failToRead();
  int finish() const;

  Broker& broker_;
  NameCheck& names_;
  IdPrinter printer_;
  PushOptions defaults_;
  LineReader reader_;
  std::vector<Line> batch_;
  std::size_t batchBytes_ = 0;
  std::chrono::steady_clock::time_point batchBegan_;
  std::size_t pushed_ = 0, bad_ = 0;
  int failure_ = kDone;
  bool outputFailed_ = false;
  bool showsProgress_;
};

}  // namespace leptir
