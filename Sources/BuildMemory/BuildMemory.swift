// BuildMemory
