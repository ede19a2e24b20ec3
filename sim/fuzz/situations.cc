#include "sim/fuzz/situations.h"

#include <algorithm>
#include <bit>

#include "core/base/check.h"
#include "sim/fuzz/situation_table.h"

namespace drydock::sim {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kDigitsPerWord = 16;

std::size_t WordsInUse() {
  return (Situations::Count() + 63) / 64;
}

}  // namespace

std::size_t Situations::Count() {
  return TheSituations().names.size();
}

const std::string& Situations::NameOf(SituationId id) {
  DRYDOCK_CHECK(id < Count(), id);
  return TheSituations().names[id];
}

std::optional<SituationId> Situations::Find(std::string_view name) {
  const auto& names = TheSituations().names;
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<SituationId>(found - names.begin());
}

std::size_t SituationSet::Count() const {
  std::size_t count = 0;
  for (const std::uint64_t word : words_) count += static_cast<std::size_t>(std::popcount(word));
  return count;
}

std::size_t SituationSet::Merge(const SituationSet& other) {
  std::size_t fresh = 0;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    fresh += static_cast<std::size_t>(std::popcount(other.words_[i] & ~words_[i]));
    words_[i] |= other.words_[i];
  }
  return fresh;
}

std::string SituationSet::Write() const {
  std::string text;
  for (std::size_t i = 0; i < WordsInUse(); ++i) {
    for (std::size_t digit = kDigitsPerWord; digit-- > 0;) {
      text += kDigits[words_[i] >> 4 * digit & 15];
    }
  }
  return text;
}

Result<SituationSet> SituationSet::Read(std::string_view text) {
  const std::size_t expected = WordsInUse() * kDigitsPerWord;
  if (text.size() != expected) {
    return Error{"a set of situations has " + std::to_string(expected) + " digits, not " +
                 std::to_string(text.size()) + ": was it written by another version?"};
  }
  SituationSet set;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t digit = kDigits.find(text[i]);
    if (digit == std::string_view::npos) {
      return Error{"a set of situations has hexadecimal digits, not '" + std::string(1, text[i]) +
                   "'"};
    }
    std::uint64_t& word = set.words_[i / kDigitsPerWord];
    word = word << 4 | digit;
  }
  for (std::size_t id = Situations::Count(); id < WordsInUse() * 64; ++id) {
    if (!set.Contains(static_cast<SituationId>(id))) continue;
    return Error{"a set of situations names number " + std::to_string(id) + ", and there are " +
                 std::to_string(Situations::Count()) + ": was it written by another version?"};
  }
  return set;
}

}  // namespace drydock::sim
