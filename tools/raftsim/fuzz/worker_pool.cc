#include "tools/raftsim/fuzz/worker_pool.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>
#include <optional>
#include <stdexcept>
#include <vector>

#include "core/base/codec.h"

namespace drydock::tools {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kMaxJobs = 256;
constexpr std::uint64_t kNone = ~std::uint64_t{0};

// Shared by the parent and its children.
struct Board {
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> end{0};
  std::atomic<std::uint64_t> runs{0}, events{0}, virtual_ns{0}, failures{0};
  std::atomic<std::uint64_t> current[kMaxJobs];  // what each child is at
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

class SharedBoard {
 public:
  SharedBoard() {
    void* memory =
        mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
      throw std::runtime_error(std::string("mmap: ") + std::strerror(errno));
    board_ = new (memory) Board;
  }
  SharedBoard(const SharedBoard&) = delete;
  SharedBoard& operator=(const SharedBoard&) = delete;
  ~SharedBoard() { munmap(board_, sizeof(Board)); }
  Board& operator*() const { return *board_; }
  Board* operator->() const { return board_; }

 private:
  Board* board_ = nullptr;
};

struct Child {
  pid_t pid = 0;
  int pipe = -1;
  std::string read;
  std::uint64_t at = kNone;  // what it was at when it was looked at last
  Clock::time_point since;
};

void WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) _exit(1);  // the parent is gone
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

// The life of a child: it takes the next number until there is none.
[[noreturn]] void Work(const PoolJob& job, Board& board, unsigned place, int file) {
  signal(SIGINT, SIG_IGN);  // the parent decides
  for (;;) {
    const std::uint64_t number = board.next.fetch_add(1);
    if (number >= board.end.load()) _exit(0);
    board.current[place] = number;
    PoolProgress adds;
    const std::string result = job.run(number, adds);
    std::string bytes;
    Writer writer(bytes);
    writer.U64(number);
    writer.Blob(result);
    WriteAll(file, bytes);
    board.current[place] = kNone;
    board.runs += 1;
    board.events += adds.events;
    board.virtual_ns += adds.virtual_ns;
    board.failures += adds.failures;
  }
}

class Pool {
 public:
  explicit Pool(const PoolJob& job) : job_(job) {
    board_->next = job.first;
    board_->end = job.first + job.count;
  }

  std::map<std::uint64_t, PoolResult> Run() {
    const unsigned jobs =
        std::min<unsigned>({job_.jobs, kMaxJobs,
                            static_cast<unsigned>(std::min<std::uint64_t>(job_.count, kMaxJobs))});
    children_.resize(jobs);
    for (unsigned place = 0; place < jobs; ++place) Start(place);
    while (left_ > 0) {
      Listen();
      const PoolProgress progress{board_->runs, board_->events, board_->virtual_ns,
                                  board_->failures};
      if (job_.poll(progress)) board_->end = 0;
      for (unsigned place = 0; place < jobs; ++place) Watch(place);
    }
    return std::move(results_);
  }

 private:
  void Start(unsigned place) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
    board_->current[place] = kNone;
    const pid_t pid = fork();
    if (pid < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
    if (pid == 0) {
      close(ends[0]);
      for (const Child& other : children_) {
        if (other.pipe >= 0) close(other.pipe);
      }
      Work(job_, *board_, place, ends[1]);
    }
    close(ends[1]);
    children_[place] = {pid, ends[0], "", kNone, Clock::now()};
    ++left_;
  }

  void Listen() {
    std::vector<pollfd> files;
    std::vector<unsigned> places;
    for (unsigned place = 0; place < children_.size(); ++place) {
      if (children_[place].pipe < 0) continue;
      files.push_back({children_[place].pipe, POLLIN, 0});
      places.push_back(place);
    }
    constexpr int kLookAgainMs = 100;
    if (::poll(files.data(), files.size(), kLookAgainMs) <= 0) return;
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (files[i].revents != 0) Read(places[i]);
    }
  }

  void Read(unsigned place) {
    Child& child = children_[place];
    char block[1 << 16];
    const ssize_t count = read(child.pipe, block, sizeof block);
    if (count < 0 && errno == EINTR) return;
    if (count <= 0) return Bury(place);
    child.read.append(block, static_cast<std::size_t>(count));
    TakeResults(child);
  }

  void TakeResults(Child& child) {
    for (;;) {
      Reader reader(child.read);
      const std::uint64_t number = reader.U64();
      const std::string_view bytes = reader.Blob();
      if (!reader.ok()) return;
      results_[number] = {std::string(bytes), ""};
      child.read = std::string(reader.rest());
    }
  }

  // Its pipe is closed: it has ended. If it was in the middle of a run, that is the run's result,
  // and another child takes its place.
  void Bury(unsigned place) {
    Child& child = children_[place];
    close(child.pipe);
    child.pipe = -1;
    --left_;
    int status = 0;
    while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
    }
    const std::uint64_t number = board_->current[place];
    if (number == kNone || results_.contains(number)) return;
    std::string how = "ended with code " + std::to_string(WEXITSTATUS(status));
    if (WIFSIGNALED(status)) how = "killed by signal " + std::to_string(WTERMSIG(status));
    if (child.at == number && hung_) {
      how = "no end after " + std::to_string(job_.patience.count()) + " s";
      hung_ = false;
    }
    results_[number] = {"", how};
    board_->failures += 1;
    Start(place);
  }

  void Watch(unsigned place) {
    Child& child = children_[place];
    if (child.pipe < 0) return;
    const std::uint64_t number = board_->current[place];
    const auto now = Clock::now();
    if (number != child.at || number == kNone) {
      child.at = number;
      child.since = now;
      return;
    }
    if (now - child.since < job_.patience) return;
    kill(child.pid, SIGKILL);
    hung_ = true;
    child.since = now;
  }

  const PoolJob& job_;
  SharedBoard board_;
  std::vector<Child> children_;
  std::size_t left_ = 0;
  bool hung_ = false;
  std::map<std::uint64_t, PoolResult> results_;
};

}  // namespace

std::map<std::uint64_t, PoolResult> RunPool(const PoolJob& job) {
  if (job.count == 0) return {};
  return Pool(job).Run();
}

}  // namespace drydock::tools
