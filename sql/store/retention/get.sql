SELECT walked, outbox_after, recording_after FROM retention WHERE one = 1
