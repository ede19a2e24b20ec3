// Hints to the processor. They change nothing but time.
#pragma once

#include <cstddef>

namespace drydock {

// The object will be wanted soon; null does no harm.
template <class T>
void PrefetchObject(const T* object) {
  constexpr std::size_t kLineBytes = 64;
  const char* const bytes = reinterpret_cast<const char*>(object);
  for (std::size_t at = 0; at < sizeof(T); at += kLineBytes) __builtin_prefetch(bytes + at);
}

}  // namespace drydock
