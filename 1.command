connaudit --show=1:1 samples/closed-before-the-stated-timeout.pcap
