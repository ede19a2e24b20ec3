#include "net/log/event_log.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <vector>

#include "core/kv/command.h"

namespace drydock::net {
namespace {

using nlohmann::json;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNow = 1'795'426'200 * kSecond + 123'456'789;

std::int64_t StoppedClock() {
  return kNow;
}

// A file without a name, and what a log wrote into it.
class LogFile {
 public:
  LogFile() : file_(std::tmpfile()) { REQUIRE(file_ != nullptr); }
  ~LogFile() { std::fclose(file_); }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  int fd() const { return fileno(file_); }
  std::string Text() const {
    std::string text(static_cast<std::size_t>(lseek(fd(), 0, SEEK_END)), '\0');
    REQUIRE(pread(fd(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
    return text;
  }

 private:
  std::FILE* file_;
};

// The objects of the lines; each must be whole and valid.
std::vector<json> Lines(const std::string& text) {
  std::vector<json> lines;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = text.find('\n', start);
    REQUIRE(end != std::string::npos);
    lines.push_back(json::parse(text.substr(start, end - start)));
    start = end + 1;
  }
  return lines;
}

// A log of node n0 with a clock that stands still, and its lines so far.
struct Rig {
  explicit Rig(LogLevel level = LogLevel::kInfo) : log(file.fd(), NodeId(0), level, StoppedClock) {}
  std::vector<json> lines() const { return Lines(file.Text()); }

  LogFile file;
  EventLog log;
};

class Pipe {
 public:
  Pipe() { REQUIRE(pipe2(ends_, O_CLOEXEC) == 0); }
  ~Pipe() {
    CloseReader();
    close(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int writer() const { return ends_[1]; }
  void CloseReader() {
    if (ends_[0] >= 0) close(ends_[0]);
    ends_[0] = -1;
  }
  // What is in the pipe now.
  std::string Drain() {
    REQUIRE(fcntl(ends_[0], F_SETFL, O_NONBLOCK) == 0);
    std::string text;
    char block[4096];
    ssize_t count = 0;
    while ((count = read(ends_[0], block, sizeof block)) > 0) {
      text.append(block, static_cast<std::size_t>(count));
    }
    return text;
  }

 private:
  int ends_[2] = {-1, -1};
};

Entry Put(std::string_view key, std::size_t value_bytes) {
  ClientRequest request;
  request.op = PutOp{Bytes(key), Bytes(std::string(value_bytes, 'v'))};
  return Entry{Term(2), EntryKind::kCommand, Bytes(EncodeCommand(request))};
}

trace::RoleChanged Became(Role role, RoleCause cause) {
  return {role, cause, std::nullopt};
}

// One of each.
std::vector<TraceEvent> AllEvents() {
  return {trace::RoleChanged{Role::kFollower, RoleCause::kHigherTerm, NodeId(1)},
          trace::LeaderKnown{NodeId(1)},
          trace::TermAndVote{Term(3), NodeId(2)},
          trace::Appended{Index(4), Put("k", 3)},
          trace::Truncated{Index(4)},
          trace::Durable{Index(4), Term(3), std::nullopt},
          trace::Committed{Index(4)},
          trace::Applied{Index(4), Outcome::kOk, false},
          trace::ConfigurationInForce{Index(1), Configuration({NodeId(0), NodeId(1)})},
          trace::TimerArmed{TimerId::kElection, TimePoint::FromNanoseconds(5)},
          trace::TimerFired{TimerId::kElection},
          trace::Refused{RefusalReason::kWrongStore, NodeId(1)},
          trace::AppendHeld{NodeId(1), 7},
          trace::PeerLost{NodeId(1)},
          trace::ReadConfirmed{Index(4), 2},
          trace::Halted{"wal/1: no space left on device"},
          trace::TransferStarted{NodeId(2), TransferCause::kAsked},
          trace::TransferEnded{NodeId(2), TransferOutcome::kDone, NodeId(2)},
          trace::SnapshotSaved{Index(4), Term(2), 100, 7},
          trace::Compacted{Index(4)},
          trace::SnapshotOffered{NodeId(1), Index(4)},
          trace::SnapshotInstalled{Index(4), Term(2), 100, 7, false},
          trace::ReadIndexLearnt{NodeId(1), Index(4), 2},
          trace::ReadsGivenUp{NodeId(1), 2},
          trace::ReadUnderLease{Index(4), TimePoint::FromNanoseconds(5)},
          trace::TransferRefused{NodeId(2), TransferOutcome::kNotVoter},
          trace::ChangeAnswered{ChangeOutcome::kDone}};
}

}  // namespace

TEST_CASE("a line has its time, level and node before what happened") {
  Rig rig;
  rig.log.Event(kNow, trace::LeaderKnown{NodeId(1)});
  rig.log.Info("listening", {{"address", "127.0.0.1:7000"}});
  CHECK(rig.file.Text() ==
        "{\"time\":\"2026-11-23T09:30:00.123456Z\",\"level\":\"info\",\"node\":\"n0\","
        "\"event\":\"leader_known\",\"leader\":\"n1\"}\n"
        "{\"time\":\"2026-11-23T09:30:00.123456Z\",\"level\":\"info\",\"node\":\"n0\","
        "\"event\":\"listening\",\"address\":\"127.0.0.1:7000\"}\n");
}

TEST_CASE("times are right at the ends of days, years and centuries, and before 1970") {
  Rig rig;
  for (const std::int64_t ns : {std::int64_t{0}, std::int64_t{-1}, 951'782'400 * kSecond,
                                4'102'444'799 * kSecond + 999'999'999}) {
    rig.log.Event(ns, trace::LeaderKnown{NodeId(1)});
  }
  const std::vector<json> lines = rig.lines();
  CHECK(lines[0]["time"] == "1970-01-01T00:00:00.000000Z");
  CHECK(lines[1]["time"] == "1969-12-31T23:59:59.999999Z");
  CHECK(lines[2]["time"] == "2000-02-29T00:00:00.000000Z");
  CHECK(lines[3]["time"] == "2099-12-31T23:59:59.999999Z");
}

TEST_CASE("each level writes its own events and the graver ones") {
  const std::vector<TraceEvent> events = AllEvents();
  REQUIRE(events.size() == std::variant_size_v<TraceEvent>);
  const auto written = [&](LogLevel level) {
    Rig rig(level);
    for (const TraceEvent& event : events) rig.log.Event(kNow, event);
    std::set<std::string> names;
    for (const json& line : rig.lines()) {
      names.insert(line["level"].get<std::string>() + " " + line["event"].get<std::string>());
    }
    return names;
  };
  using Names = std::set<std::string>;
  CHECK(written(LogLevel::kError) == Names{"error halted"});
  CHECK(written(LogLevel::kWarning) ==
        Names{"error halted", "warning refused", "warning reads_given_up"});
  CHECK(written(LogLevel::kInfo) ==
        Names{"error halted", "warning refused", "warning reads_given_up", "info role_changed",
              "info leader_known", "info configuration_in_force", "info transfer_started",
              "info transfer_ended", "info snapshot_saved", "info snapshot_offered",
              "info snapshot_installed"});
  CHECK(written(LogLevel::kDebug).size() == events.size());
}

TEST_CASE("the words for levels are read back") {
  for (const LogLevel level :
       {LogLevel::kError, LogLevel::kWarning, LogLevel::kInfo, LogLevel::kDebug}) {
    CHECK(LogLevelNamed(NameOf(level)) == level);
  }
  CHECK_FALSE(LogLevelNamed("verbose").has_value());
}

TEST_CASE("it is said in words when this node leads, and why it no longer does") {
  const auto told = [](RoleCause cause) {
    Rig rig;
    rig.log.Event(kNow, trace::TermAndVote{Term(3), NodeId(0)});
    rig.log.Event(kNow, Became(Role::kLeader, RoleCause::kElectionWon));
    if (cause == RoleCause::kHigherTerm) {
      rig.log.Event(kNow, trace::TermAndVote{Term(4), std::nullopt});
    }
    rig.log.Event(kNow, Became(Role::kFollower, cause));
    rig.log.Event(kNow, Became(Role::kPreCandidate, RoleCause::kElectionTimeout));
    const std::vector<json> lines = rig.lines();
    REQUIRE(lines.size() == 3);
    CHECK(lines[0]["message"] == "n0 leads term 3");
    CHECK(lines[0]["term"] == 3);
    CHECK(lines[1]["term"] == (cause == RoleCause::kHigherTerm ? 4 : 3));
    CHECK_FALSE(lines[2].contains("message"));
    return lines[1]["message"].get<std::string>();
  };
  CHECK(told(RoleCause::kQuorumLost) ==
        "n0 no longer leads term 3: no quorum has answered it for an election timeout");
  CHECK(told(RoleCause::kSuspended) == "n0 no longer leads term 3: it is suspended");
  CHECK(told(RoleCause::kHigherTerm) == "n0 no longer leads term 3: it met a higher term");
}

TEST_CASE("who comes to lead says which leader was lost before, and why") {
  Rig rig;
  const auto become = [&rig](Role role, RoleCause cause) {
    rig.log.Event(kNow, Became(role, cause));
  };
  rig.log.Event(kNow, trace::TermAndVote{Term(3), NodeId(2)});
  rig.log.Event(kNow, trace::LeaderKnown{NodeId(2)});
  become(Role::kPreCandidate, RoleCause::kElectionTimeout);
  become(Role::kPreCandidate, RoleCause::kNoVotesInTime);
  become(Role::kCandidate, RoleCause::kPreVoteWon);
  rig.log.Event(kNow, trace::TermAndVote{Term(4), NodeId(0)});
  become(Role::kLeader, RoleCause::kElectionWon);
  CHECK(rig.lines().back()["message"] ==
        "n0 leads term 4: n2, which led term 3, was silent for an election timeout");
  // Told once: another leadership has another reason.
  become(Role::kFollower, RoleCause::kQuorumLost);
  become(Role::kPreCandidate, RoleCause::kElectionTimeout);
  become(Role::kLeader, RoleCause::kElectionWon);
  CHECK(rig.lines().back()["message"] == "n0 leads term 4");
}

TEST_CASE("a node that stops itself says why") {
  Rig rig(LogLevel::kError);
  rig.log.Event(kNow, trace::Halted{"wal/1: \"no\" \xFF space"});
  const json line = rig.lines().at(0);
  CHECK(line["why"] == "wal/1: \"no\" \xEF\xBF\xBD space");
  CHECK(line["message"] == "n0 stops for good: wal/1: \"no\" \xEF\xBF\xBD space");
}

TEST_CASE("the term of the start is told until there is another") {
  Rig rig;
  rig.log.StartIn(Term(7));
  rig.log.Event(kNow, trace::LeaderKnown{NodeId(1)});
  rig.log.Event(kNow, trace::TermAndVote{Term(8), std::nullopt});
  rig.log.Event(kNow, trace::LeaderKnown{NodeId(2)});
  CHECK(rig.lines().at(0)["term"] == 7);
  CHECK(rig.lines().at(1)["term"] == 8);
}

TEST_CASE("a candidate that tries again and again is told once") {
  const auto count = [](LogLevel level) {
    Rig rig(level);
    rig.log.Event(kNow, Became(Role::kPreCandidate, RoleCause::kElectionTimeout));
    for (int i = 0; i < 100; ++i) {
      rig.log.Event(kNow, Became(Role::kPreCandidate, RoleCause::kNoVotesInTime));
    }
    rig.log.Event(kNow, Became(Role::kFollower, RoleCause::kLeaderAppeared));
    rig.log.Event(kNow, Became(Role::kPreCandidate, RoleCause::kElectionTimeout));
    return rig.lines().size();
  };
  CHECK(count(LogLevel::kInfo) == 3);
  CHECK(count(LogLevel::kDebug) == 103);
}

TEST_CASE("refusals that every election brings are only for those who want to see all") {
  const auto count = [](LogLevel level) {
    Rig rig(level);
    rig.log.Event(kNow, trace::Refused{RefusalReason::kOldTerm, NodeId(1)});
    return rig.lines().size();
  };
  CHECK(count(LogLevel::kInfo) == 0);
  CHECK(count(LogLevel::kDebug) == 1);
}

TEST_CASE("refusals are told at most once a second for each reason, with the number left out") {
  Rig rig;
  const auto refuse = [&](std::int64_t now, RefusalReason reason, std::uint32_t peer) {
    rig.log.Event(now, trace::Refused{reason, NodeId(peer)});
  };
  for (int i = 0; i < 1000; ++i) refuse(kNow + i, RefusalReason::kWrongStore, 1);
  refuse(kNow + 5, RefusalReason::kMalformed, 9);
  REQUIRE(rig.lines().size() == 2);
  CHECK_FALSE(rig.lines()[0].contains("left_out"));
  CHECK(rig.lines()[1]["why"] == "malformed");
  CHECK(rig.lines()[1]["level"] == "warning");

  // The newest of those held back stands for them once the second is over, whatever comes next.
  rig.log.Event(kNow + kSecond - 1, trace::TimerFired{TimerId::kElection});
  CHECK(rig.lines().size() == 2);
  rig.log.Event(kNow + kSecond, trace::TimerFired{TimerId::kElection});
  REQUIRE(rig.lines().size() == 3);
  CHECK(rig.lines()[2]["peer"] == "n1");
  CHECK(rig.lines()[2]["left_out"] == 998);

  refuse(kNow + kSecond + 1, RefusalReason::kWrongStore, 2);
  refuse(kNow + 2 * kSecond, RefusalReason::kWrongStore, 3);
  REQUIRE(rig.lines().size() == 4);
  CHECK(rig.lines()[3]["peer"] == "n2");
  CHECK_FALSE(rig.lines()[3].contains("left_out"));
}

TEST_CASE("refusals held back are told when the node stops") {
  Rig rig;
  for (std::uint32_t i = 1; i <= 3; ++i) {
    rig.log.Event(kNow, trace::Refused{RefusalReason::kUnknownSender, NodeId(i)});
    rig.log.Event(kNow, trace::Refused{RefusalReason::kWrongAddressee, NodeId(i)});
  }
  rig.log.Flush(kNow);
  rig.log.Flush(kNow);
  REQUIRE(rig.lines().size() == 4);
  for (const std::size_t i : {2, 3}) {
    CHECK(rig.lines()[i]["peer"] == "n3");
    CHECK(rig.lines()[i]["left_out"] == 1);
  }
}

TEST_CASE("a clock that steps back does not silence refusals") {
  Rig rig;
  rig.log.Event(kNow, trace::Refused{RefusalReason::kUnknownSender, NodeId(1)});
  rig.log.Event(kNow - 3600 * kSecond, trace::Refused{RefusalReason::kUnknownSender, NodeId(2)});
  CHECK(rig.lines().size() == 2);
}

TEST_CASE("keys of any bytes are written as the trace writes them") {
  Rig rig(LogLevel::kDebug);
  rig.log.Event(kNow, trace::Appended{Index(1), Put("a\"\n\x01", 1)});
  rig.log.Event(kNow, trace::Appended{Index(2), Put("\xFF\x01", 1)});
  const std::vector<json> lines = rig.lines();
  CHECK(lines[0]["command"]["key"] == "a\"\n\x01");
  CHECK(lines[1]["command"]["key"]["hex"] == "ff01");
}

TEST_CASE("a large entry is told by its size") {
  Rig rig(LogLevel::kDebug);
  rig.log.Event(kNow, trace::Appended{Index(1), Put("k", 100000)});
  CHECK(rig.file.Text().size() < 200);
  const json line = rig.lines().at(0);
  CHECK(line["event"] == "appended");
  CHECK(line["kind"] == "command");
  CHECK(line["term"] == 2);
  CHECK(line["bytes"].get<std::size_t>() > 100000);
}

TEST_CASE("the driver's fields keep their kinds, and its levels are kept") {
  Rig rig;
  const std::string text = "caf\xC3\xA9 \xFF";
  rig.log.Debug("unseen");
  rig.log.Warning("all_kinds", {{"text", text},
                                {"literal", "a\\b"},
                                {"peer", NodeId(3)},
                                {"yes", true},
                                {"int", -5},
                                {"long", std::int64_t{-1} << 62},
                                {"size", std::uint64_t{18446744073709551615u}},
                                {"small", std::uint8_t{7}}});
  rig.log.Error("bare");
  REQUIRE(rig.lines().size() == 2);
  const json line = rig.lines()[0];
  CHECK(line["level"] == "warning");
  CHECK(line["text"] == "caf\xC3\xA9 \xEF\xBF\xBD");
  CHECK(line["literal"] == "a\\b");
  CHECK(line["peer"] == "n3");
  CHECK(line["yes"] == true);
  CHECK(line["int"] == -5);
  CHECK(line["long"] == std::int64_t{-1} << 62);
  CHECK(line["size"] == 18446744073709551615u);
  CHECK(line["small"] == 7);
  CHECK(rig.lines()[1]["level"] == "error");
}

TEST_CASE("lines of several threads stay whole") {
  Rig rig;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&rig, t] {
      for (int i = 0; i < 250; ++i) {
        rig.log.Info("said", {{"thread", t}, {"padding", std::string(500, 'x')}});
      }
    });
  }
  for (int i = 0; i < 250; ++i) rig.log.Event(kNow, trace::LeaderKnown{NodeId(1)});
  for (std::thread& thread : threads) thread.join();
  CHECK(rig.lines().size() == 1250);
  CHECK(rig.log.lost() == 0);
}

TEST_CASE("a reader that sleeps stops nobody, and is told later how much it missed") {
  Pipe pipe;
  EventLog log(pipe.writer(), NodeId(0), LogLevel::kInfo, StoppedClock);
  const std::string padding(1000, 'x');
  std::uint64_t said = 0;
  while (log.lost() < 100 && said < 100000) {
    log.Info("said", {{"number", said++}, {"padding", padding}});
  }
  REQUIRE(log.lost() == 100);
  CHECK(Lines(pipe.Drain()).size() == said - 100);
  log.Info("again");
  const std::vector<json> lines = Lines(pipe.Drain());
  REQUIRE(lines.size() == 2);
  CHECK(lines[0]["event"] == "log_lines_lost");
  CHECK(lines[0]["level"] == "warning");
  CHECK(lines[0]["count"] == 100);
  CHECK(lines[1]["event"] == "again");
  log.Info("and again");
  CHECK(Lines(pipe.Drain()).size() == 1);
}

TEST_CASE("a line that is torn by a full pipe does not spoil the next one") {
  Pipe pipe;
  EventLog log(pipe.writer(), NodeId(0), LogLevel::kInfo, StoppedClock);
  log.Info("huge", {{"padding", std::string(std::size_t{1} << 20, 'x')}});
  CHECK(log.lost() == 1);
  const std::string torn = pipe.Drain();
  CHECK(torn.find('\n') == std::string::npos);
  CHECK_FALSE(torn.empty());
  log.Info("again");
  const std::string after = pipe.Drain();
  REQUIRE(after[0] == '\n');
  CHECK(Lines(after.substr(1)).back()["event"] == "again");
}

TEST_CASE("a reader that is gone ends nothing, whatever SIGPIPE would do") {
  Pipe pipe;
  pipe.CloseReader();
  struct sigaction before {};
  struct sigaction deadly {};
  deadly.sa_handler = SIG_DFL;
  REQUIRE(sigaction(SIGPIPE, &deadly, &before) == 0);
  {
    EventLog log(pipe.writer(), NodeId(0), LogLevel::kInfo, StoppedClock);
    for (int i = 0; i < 3; ++i) log.Info("said");
    CHECK(log.lost() == 3);
    EventLog closed(-1, NodeId(0), LogLevel::kInfo, StoppedClock);
    closed.Info("said");
    CHECK(closed.lost() == 1);
  }
  sigset_t pending;
  sigpending(&pending);
  CHECK(sigismember(&pending, SIGPIPE) == 0);
  REQUIRE(sigaction(SIGPIPE, &before, nullptr) == 0);
}

TEST_CASE("a full disk is counted and survived") {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  if (full < 0) return;  // not everywhere
  EventLog log(full, NodeId(0), LogLevel::kInfo, StoppedClock);
  log.Info("said");
  log.Info("said");
  CHECK(log.lost() == 2);
  close(full);
}

}  // namespace drydock::net
